"""The masked view: what the number of a certificate alone shows of its holder.

    张三              {"name": "张**"}
    欧阳明            {"name": "欧阳**"}        a compound surname is shown whole, if a given name follows it
    阿卜杜·热合曼     {"name": "阿**"}          no surname comes first here: its first character
    Nguyễn Văn An     {"name": "N**"}           likewise
    𠮷田明            {"name": "𠮷**"}          cut by code point, never by UTF-16 unit

Always two asterisks, because their number would tell the length of the name, and no digit of the document
number: "first 6 and last 4" leaves about 2,000 candidates. A name of one character is "**": there is nothing
to show but all of it.

>>> masked_view("司马相如", "masked"), masked_view("司马相如", "status")
({'name': '司马**'}, None)
"""

from collections.abc import Iterator
from itertools import chain

from ledger.core.errors import RuleError

__all__ = ["PRESETS", "is_masked_view", "masked_names", "masked_view"]

PRESETS = ("status", "masked", "sealed")
ASTERISKS = "**"
INTERPUNCT = "\u00b7"

# The surnames of two characters of the 百家姓, and those in use besides; traditional forms where they differ.
_COMPOUND = """
万俟 司马 上官 欧阳 夏侯 诸葛 闻人 东方 赫连 皇甫 尉迟 公羊 澹台 公冶 宗政 濮阳 淳于 单于
太叔 申屠 公孙 仲孙 轩辕 令狐 钟离 宇文 长孙 慕容 鲜于 闾丘 司徒 司空 亓官 司寇 子车 颛孙
端木 巫马 公西 漆雕 乐正 壤驷 公良 拓跋 夹谷 宰父 谷梁 段干 百里 东郭 南门 呼延 羊舌 微生
梁丘 左丘 东门 西门 南宫 独孤 第五 叶赫 纳兰 达奚 贺兰 完颜 耶律 萬俟 司馬 歐陽 諸葛 聞人
東方 赫連 尉遲 澹臺 濮陽 軒轅 鍾離 長孫 鮮于 閭丘 顓孫 巫馬 樂正 壤駟 夾谷 穀梁 東郭
南門 東門 西門 南宮 獨孤 葉赫 納蘭 達奚 賀蘭 完顏
"""
COMPOUND_SURNAMES = frozenset(_COMPOUND.split())
# What names begin with: Chinese characters, the frequent ones first, then letters of other scripts in use.
_FIRST = (
    *((0x4E00, 0x9FFF), (0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x400, 0x4FF), (0x3400, 0x4DBF), (0xF40, 0xF6C)),
    *((0x621, 0x6D5), (0xAC00, 0xD7A3), (0x1820, 0x1878), (0x1E00, 0x1EFF), (0x20000, 0x323AF)),
)


def masked_view(name: str, preset: str) -> dict[str, str] | None:
    """Return the masked view of a holder called `name` (normalised); None under the preset `status`.

    `sealed` gives the same view as `masked`: the preset decides who gets to see it, not what it shows. Raises
    RuleError for a preset that does not exist.
    """
    if preset not in PRESETS:
        raise RuleError("mask.preset", "there is no such preset")
    if preset == "status":
        return None
    return {"name": _surname(name) + ASTERISKS}


def masked_names() -> Iterator[str]:
    """Yield every masked name that there is, but for those that begin with a letter of a script that is rare here."""
    single = (chr(point) for first, last in _FIRST for point in range(first, last + 1))
    return (surname + ASTERISKS for surname in chain(sorted(COMPOUND_SURNAMES), single, [""]))


def is_masked_view(value: object) -> bool:
    """Whether `value` is the masked view of some name: never more than a surname, whoever made it."""
    match value:
        case {"name": str(name), **others} if not others and name.endswith(ASTERISKS):
            shown = name.removesuffix(ASTERISKS)
            return len(shown) < 2 or shown in COMPOUND_SURNAMES
    return False


def _surname(name: str) -> str:
    if len(name) < 2:
        return ""
    if len(name) > 2 and INTERPUNCT not in name and name[:2] in COMPOUND_SURNAMES:
        return name[:2]
    return name[0]
