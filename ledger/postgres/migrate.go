package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/soukhq/souk/internal/sqlstore"
	"github.com/soukhq/souk/ledger"
)

// Migrate brings the schema up to this program's, in steps that happen once each,
// whoever else migrates at the same time. A schema that has steps which this
// program does not know is refused (class State, schema_newer), as is one whose
// steps are not this program's (schema_changed).
//
// Then it makes a view of each kind, for people: souk.connect_charge of
// connect.charge, or makes it anew if its columns have changed. What has the name
// of one already is left alone and refused (State, name_taken), and so is a view
// that others stand on (view_in_use).
func (s *Store) Migrate(ctx context.Context, kinds ...ledger.KindInfo) error {
	done, err := s.use("migrate", ctx)
	if err != nil {
		return err
	}
	defer done()
	db := stdlib.OpenDBFromPool(s.pool)
	defer func() { _ = db.Close() }() // it has nothing of its own
	if err := sqlstore.Migrate(ctx, db, s.d); err != nil {
		return err
	}
	return sqlstore.ShowKinds(ctx, db, s.d, kinds)
}

// CheckSchema refuses a schema that is not this program's: schema_older,
// schema_newer or schema_changed.
func (s *Store) CheckSchema(ctx context.Context) error {
	done, err := s.use("check schema", ctx)
	if err != nil {
		return err
	}
	defer done()
	db := stdlib.OpenDBFromPool(s.pool)
	defer func() { _ = db.Close() }() // it has nothing of its own
	return sqlstore.CheckSchema(ctx, db, s.d)
}
