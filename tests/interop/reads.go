// Reads a public folder with golang.org/x/mod, which knows nothing of ours: the note, the tiles, every entry's inclusion, and
// the consistency of every kept head. Usage: reads FOLDER VKEY. Prints "N entries, M heads", or the first thing that is wrong.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// A tile reader over C2SP paths: tile/<L>/<N>, where x/mod says tile/<height>/<L>/<N>.
type folder string

func (folder) Height() int { return 8 }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(f), filepath.FromSlash(path)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (folder) SaveTiles([]tlog.Tile, [][]byte) {}

// The tree of a checkpoint: its text has three lines of its own, origin, size and root.
func open(data []byte, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open(data, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		check(fmt.Errorf("not a checkpoint of %s", verifier.Name()))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)
	return tlog.Tree{N: size, Hash: root}
}

// The entries of the bundles: each behind its length in two bytes.
func entries(root string, size int64) [][]byte {
	var all [][]byte
	for number := int64(0); int64(len(all)) < size; number++ {
		tile := tlog.Tile{H: 8, L: 0, N: number, W: 256}
		if left := size - number*256; left < 256 {
			tile.W = int(left)
		}
		path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
		check(err)
		for len(data) > 1 {
			length := int(binary.BigEndian.Uint16(data))
			all = append(all, data[2:2+length])
			data = data[2+length:]
		}
	}
	return all
}

func main() {
	root := os.Args[1]
	verifier, err := note.NewVerifier(os.Args[2])
	check(err)
	data, err := os.ReadFile(filepath.Join(root, "checkpoint"))
	check(err)
	tree := open(data, verifier)
	reader := tlog.TileHashReader(tree, folder(root))
	for index, entry := range entries(root, tree.N) {
		proof, err := tlog.ProveRecord(tree.N, int64(index), reader)
		check(err)
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, int64(index), tlog.RecordHash(entry)))
	}
	heads, err := filepath.Glob(filepath.Join(root, "heads", "*"))
	check(err)
	for _, file := range heads {
		data, err := os.ReadFile(file)
		check(err)
		older := open(data[bytes.Index(data, []byte("\n\n"))+2:], verifier)
		if older.N < tree.N {
			proof, err := tlog.ProveTree(tree.N, older.N, reader)
			check(err)
			check(tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash))
		}
	}
	fmt.Printf("%d entries, %d heads\n", tree.N, len(heads))
}
