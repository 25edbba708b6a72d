package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/soukhq/souk/internal/sqlstore"
)

// Migrate brings the schema up to this program's, in steps that happen once each,
// whoever else migrates at the same time. A schema that has steps which this
// program does not know is refused (class State, schema_newer), as is one whose
// steps are not this program's (schema_changed).
func (s *Store) Migrate(ctx context.Context) error {
	if err := s.usable("migrate", ctx); err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(s.pool)
	defer func() { _ = db.Close() }() // it has nothing of its own
	return sqlstore.Migrate(ctx, db, s.d)
}

// CheckSchema refuses a schema that is not this program's: schema_older,
// schema_newer or schema_changed.
func (s *Store) CheckSchema(ctx context.Context) error {
	if err := s.usable("check schema", ctx); err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(s.pool)
	defer func() { _ = db.Close() }() // it has nothing of its own
	return sqlstore.CheckSchema(ctx, db, s.d)
}
