// <certificate-check>: the form of a ledger's site in another site's page. It only makes a frame: number and answer are
// handled inside it, by the ledger's own page, and this script sees neither, except for a number that the page itself gave.
//
//   <script type="module" src="https://ledger.example/embed/certificate-check.js" crossorigin="anonymous"
//           integrity="sha384-..."></script>
//   <certificate-check lang="zh" theme="light" number="S000050000001263000001"></certificate-check>
//
// Attributes: site (where the ledger's site is; by default where this script came from), lang (zh, en), theme (light, dark,
// auto), number (looked up at once). Event "certificate-check", for such a number only: detail {number, verdict, asOf}.
const TYPE = "certificate-check"; // of every message, with v: 1; see spec/embed.md
const OWN = new URL("../", import.meta.url);
const LONGEST = 64; // characters of a number
const TALLEST = 1200; // pixels
const VERDICT = /^[a-z_]{1,20}$/;
const WORDS = {
  zh: { title: "查验职业技能等级证书", wrong: "certificate-check：site 不是 https 网址。" },
  en: { title: "Check a vocational-skill certificate", wrong: "certificate-check: site is not an https address." },
};

// The root of a ledger's site, or null. Plain http is for trying things out on one's own machine.
function siteOf(text) {
  try {
    const url = new URL(text, document.baseURI);
    const local = url.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
    if ((url.protocol !== "https:" && !local) || url.username || url.password || url.search || url.hash) return null;
    return url.pathname.endsWith("/") ? url : new URL(`${url.href}/`);
  } catch {
    return null;
  }
}

class CertificateCheck extends HTMLElement {
  static observedAttributes = ["site", "lang", "theme", "number"];
  #root = this.attachShadow({ mode: "closed" });
  #frame = null;
  #site = null;
  #hear = (event) => this.#take(event);

  connectedCallback() {
    window.addEventListener("message", this.#hear);
    this.#show();
  }

  disconnectedCallback() {
    window.removeEventListener("message", this.#hear);
    this.#frame = null;
    this.#root.replaceChildren();
  }

  attributeChangedCallback(name, before, after) {
    if (!this.isConnected || !this.#root || before === after) return;
    if (name === "number" && this.#frame) this.#begin();
    else if (name === "theme" && this.#frame) this.#paint();
    else this.#show();
  }

  #show() {
    const words = WORDS[this.#language()];
    this.#site = this.hasAttribute("site") ? siteOf(this.getAttribute("site")) : OWN;
    this.style.display = "block";
    if (!this.#site) {
      this.#frame = null;
      this.#root.replaceChildren(words.wrong);
      return;
    }
    const frame = document.createElement("iframe");
    frame.title = words.title;
    frame.referrerPolicy = "no-referrer";
    frame.loading = "lazy";
    frame.sandbox.add("allow-forms", "allow-scripts", "allow-same-origin", "allow-popups", "allow-popups-to-escape-sandbox");
    Object.assign(frame.style, { display: "block", width: "100%", height: "16rem", border: "0" });
    this.#frame = frame;
    this.#paint();
    frame.src = new URL(this.#language() === "en" ? "en/embed/" : "embed/", this.#site).href;
    this.#root.replaceChildren(frame);
  }

  #language() {
    return (this.getAttribute("lang") ?? "zh").toLowerCase().startsWith("en") ? "en" : "zh";
  }

  // The frame follows the colours of its element: there is nothing to tell it.
  #paint() {
    const theme = this.getAttribute("theme");
    this.#frame.style.colorScheme = ["light", "dark"].includes(theme) ? theme : "light dark";
  }

  #number() {
    return (this.getAttribute("number") ?? "").slice(0, LONGEST);
  }

  #begin() {
    this.#frame.contentWindow?.postMessage({ type: TYPE, v: 1, kind: "begin", number: this.#number() }, this.#site.origin);
  }

  #take({ source, origin, data }) {
    if (!this.#frame || source !== this.#frame.contentWindow || origin !== this.#site.origin) return;
    if (data?.type !== TYPE || data.v !== 1) return;
    if (data.kind === "ready") this.#begin();
    if (data.kind === "size" && Number.isInteger(data.height) && data.height > 0)
      this.#frame.style.height = `${Math.min(data.height, TALLEST)}px`;
    if (data.kind === "answer" && VERDICT.test(data.verdict) && typeof data.asOf === "string" && this.#number() !== "") {
      const detail = { number: this.#number(), verdict: data.verdict, asOf: data.asOf.slice(0, 20) };
      this.dispatchEvent(new CustomEvent(TYPE, { detail, bubbles: true }));
    }
  }
}

if (!customElements.get(TYPE)) customElements.define(TYPE, CertificateCheck);
