// Package postgres keeps the books in PostgreSQL.
package postgres
