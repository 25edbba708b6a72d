// Command locale writes package locale's table of formats,
// ledger/locale/locales_gen.go, from the extract of CLDR that stands beside it
// (SOURCES.md). Run it with go generate ./ledger/locale.
//
// With -numbers it renews that extract instead, and what the tests of package
// locale expect, from the unpacked npm package cldr-numbers-full:
//
//	go run . -numbers numbers/package -o cldr.json -expect ../../../ledger/locale/testdata/cldr.golden
package main

import (
	"embed"
	"errors"
	"flag"
	"io/fs"
	"log"
	"os"
)

//go:embed cldr.json
var sources embed.FS

func main() {
	log.SetFlags(0)
	out := flag.String("o", "locales_gen.go", "file to write")
	numbers := flag.String("numbers", "", "folder of the unpacked npm package cldr-numbers-full; renews the extract")
	golden := flag.String("expect", "cldr.golden", "file of expectations to write with -numbers")
	flag.Parse()

	var err error
	if *numbers == "" {
		err = write(*out)(generate(sources))
	} else {
		err = renew(os.DirFS(*numbers), *out, *golden)
	}
	if err != nil {
		log.Fatal("locale: ", err)
	}
}

// renew writes the extract and the expectations, both from CLDR itself.
func renew(pkg fs.FS, out, golden string) error {
	x, err := readPackage(pkg)
	if err != nil {
		return err
	}
	return errors.Join(write(out)(x.encode()), write(golden)(expect(x)))
}

func write(name string) func([]byte, error) error {
	return func(data []byte, err error) error {
		if err != nil {
			return err
		}
		return os.WriteFile(name, data, 0o644)
	}
}
