package postgres

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"strings"

	"github.com/soukhq/souk/internal/sqlstore"
	"github.com/soukhq/souk/ledger"
)

// Schema returns what Migrate does as files, for hosts with a migration tool of
// their own: 0001_books.sql and so on, to be run in that order and each in one
// transaction, by a role that may create a schema. They have the name of the
// schema in them; "" is souk. CheckSchema is content with what they leave behind.
//
// A file never changes once it is released; a later version of souk has more. The
// functions in them are quoted by $$, so that a tool which cuts files at each
// semicolon has to be told not to. Views of kinds are not among them: Migrate
// makes those, by whoever may.
func Schema(schema string) (fs.FS, error) {
	if schema == "" {
		schema = defaultSchema
	}
	if err := checkSchemaName(schema); err != nil {
		return nil, err
	}
	scripts, err := sqlstore.Scripts(&dialect{schema: schema})
	if err != nil {
		return nil, err
	}
	// An archive in memory is a file system that the library has already.
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, s := range scripts {
		f, err := w.CreateHeader(&zip.FileHeader{Name: s.Name})
		if err == nil {
			_, err = f.Write([]byte(s.Text))
		}
		if err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
}

func checkSchemaName(name string) error {
	if len(name) > 63 || strings.Contains(name, "\x00") {
		return &ledger.Error{Class: ledger.Invalid, Code: "invalid_options", Field: "schema", Op: "postgres", Msg: "the name of a schema has at most 63 bytes, none of them zero"}
	}
	return nil
}
