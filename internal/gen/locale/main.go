// Command locale writes package locale's table of formats,
// ledger/locale/locales_gen.go, from the extract of CLDR that stands beside it
// (SOURCES.md). Run it with go generate ./ledger/locale.
//
// With -numbers it renews that extract instead, from the unpacked npm package
// cldr-numbers-full:
//
//	go run . -numbers numbers/package -o cldr.json
package main

import (
	"embed"
	"flag"
	"log"
	"os"
)

//go:embed cldr.json
var sources embed.FS

func main() {
	log.SetFlags(0)
	out := flag.String("o", "locales_gen.go", "file to write")
	numbers := flag.String("numbers", "", "folder of the unpacked npm package cldr-numbers-full; renews the extract")
	flag.Parse()

	var data []byte
	var err error
	if *numbers == "" {
		data, err = generate(sources)
	} else {
		data, err = reduce(os.DirFS(*numbers))
	}
	if err == nil {
		err = os.WriteFile(*out, data, 0o644)
	}
	if err != nil {
		log.Fatal("locale: ", err)
	}
}
