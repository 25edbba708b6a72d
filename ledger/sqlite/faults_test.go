package sqlite_test

import (
	"testing"

	"github.com/soukhq/souk/internal/sqlstore/planted"
)

// Each planted fault is noticed by the laws and proofs that are there for it.
//
// The version in "where … and version = ?" is not among them: nobody else writes
// between "begin immediate" and the commit, and so nobody sees that it is missing.
// It is with the transaction.
func TestPlantedFaults(t *testing.T) {
	proofs := map[string]planted.Proof{"unsafe settings are refused": unsafeIsRefused(t)}
	planted.Suite{Open: plantedBooks, Proofs: proofs, Nonsense: "SQL logic error", Faults: []planted.Fault{
		{Name: "an entry is left out", Blind: true,
			Texts:   []planted.Text{{From: `^(insert into souk_entries .*) values \(.*\)$`, To: `$1 select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 where ?5 <> 1`}},
			Noticed: []string{"everything adds up in the end"}},
		{Name: "an amount is floating",
			Texts:   []planted.Text{{From: `^(insert into souk_entries .*) values \(.*\)$`, To: `$1 values (?1, ?2, ?3, ?4, ?5, ?6, cast(cast(?7 as real) as integer), ?8, ?9)`}},
			Noticed: []string{"an amount never wraps"}},
		{Name: "times are cut to milliseconds",
			Texts:   []planted.Text{{From: `^(insert into souk_entries .*) values \(.*\)$`, To: `$1 values (?1, ?2, ?3, ?4, ?5, ?6 / 1000 * 1000, ?7, ?8, ?9)`}},
			Noticed: []string{"times are UTC to the microsecond"}},
		{Name: "times of changes are cut to milliseconds",
			Texts:   []planted.Text{{From: `^(insert into souk_changes .*) values \(.*\)$`, To: `$1 values (?1, ?2 / 1000 * 1000)`}},
			Noticed: []string{"a change handed in again is a replay"}},
		{Name: "ids of changes are not kept", Blind: true,
			Texts:   []planted.Text{{From: `^(insert into souk_changes .*) values \(.*\)$`, To: `$1 select ?, ? where 0`}},
			Noticed: []string{"a change handed in again is a replay"}},
		{Name: "idempotency keys are not kept", Blind: true,
			Texts:   []planted.Text{{From: `^(insert into souk_objects .*) values \(.*\)$`, To: `$1 select ?1, ?2, ?3, ?4, ?5 where ?1 <> 'ledger.idempotency'`}},
			Noticed: []string{"a key belongs to one request", "one key has one effect under load"}},
		{Name: "an idempotency key is not unique",
			Texts: []planted.Text{
				{From: `^select version, keys, case .*$`, To: `$0 and kind <> 'ledger.idempotency'`},
				{From: `^insert into souk_objects`, To: `insert or replace into souk_objects`}},
			Noticed: []string{"a key belongs to one request", "one key has one effect under load", "a key that a host has used is a replay"}},
		{Name: "keys of objects are not moved", Blind: true,
			Texts:   []planted.Text{{From: `^delete from souk_object_keys where`, To: `delete from souk_object_keys where 0 and`}},
			Noticed: []string{"keys are replaced with the object", "a spent hold leaves the lists"}},
		{Name: "what is held is not counted",
			Texts:   []planted.Text{{From: `held = \?`, To: `held = min(0, ?)`}},
			Noticed: []string{"a hold is captured, released or expires", "holds do not overlap under load"}},
		{Name: "accounts do not close",
			Texts:   []planted.Text{{From: `closed = true where`, To: `closed = false where`}},
			Noticed: []string{"an account ends empty and for good"}},
		{Name: "a transaction's id is not looked for",
			Texts:   []planted.Text{{From: `^select 1 from souk_transactions where id = \?`, To: `$0 and 0`}},
			Noticed: []string{"transaction ids are used once"}},
		{Name: "accounts are loaded and not their last moment",
			Texts:   []planted.Text{{From: `version, last_at from souk_accounts`, To: `version, 0 from souk_accounts`}},
			Noticed: []string{"posting time rises and numbers have no gap"}},

		{Name: "numbers of events are used again",
			Texts: []planted.Text{
				{From: `coalesce\(max\(number\), 0\) from souk_events\)`, To: `max(0, coalesce(max(number), 0) - 1) from souk_events)`},
				{From: `^insert into souk_events`, To: `insert or replace into souk_events`}},
			Noticed: []string{"the feed has every event once and in order", "the feed skips nothing under load"}},
		{Name: "an event is passed over",
			Texts:   []planted.Text{{From: `number > \?`, To: `number > ? + 1`}},
			Noticed: []string{"the feed has every event once and in order"}},
		{Name: "the last events come first",
			Texts:   []planted.Text{{From: `order by number limit`, To: `order by number desc limit`}},
			Noticed: []string{"the feed has every event once and in order"}},
		{Name: "events of all platforms",
			Texts:   []planted.Text{{From: `platform = \?`, To: `platform <> '' || ?`}},
			Noticed: []string{"the feed filters by platform"}},

		{Name: "the moment itself does not count",
			Texts:   []planted.Text{{From: `e\.posted_at <= \?`, To: `e.posted_at < ?`}},
			Noticed: []string{"the balance at every past moment"}},
		{Name: "entries in the wrong order",
			Texts:   []planted.Text{{From: `order by at desc, number desc`, To: `order by at, number`}},
			Noticed: []string{"entries page in both directions and by both times"}},
		{Name: "pages of entries have no end",
			Texts:   []planted.Text{{From: `limit \?\) p join`, To: `limit 0 - ?) p join`}},
			Noticed: []string{"lists have bounds"}},
		{Name: "a range holds its end",
			Texts:   []planted.Text{{From: `k\.at < \?`, To: `k.at <= ?`}},
			Noticed: []string{"objects are found by key, in order"}},
		{Name: "closed accounts stay listed",
			Texts:   []planted.Text{{From: `not closed`, To: `1`}},
			Noticed: []string{"an account ends empty and for good", "accounts are listed in order"}},

		{Name: "a view is of many moments",
			Texts:   []planted.Text{{From: `^begin deferred$`, To: `select 1`}},
			Noticed: []string{"a view is one moment"}},
		{Name: "commits are lost",
			Texts:   []planted.Text{{From: `^commit$`, To: `rollback`}},
			Noticed: []string{"what was acknowledged is there for others", "a change handed in again is a replay"}},
		{Name: "what failed is committed",
			Texts:   []planted.Text{{From: `^rollback$`, To: `commit`}},
			Noticed: []string{"a failure leaves nothing behind"}},
		{Name: "writing begins with a look",
			Texts:   []planted.Text{{From: `^begin immediate$`, To: `begin deferred`}},
			Noticed: []string{"a floor holds under a hundred callers"}},
		{Name: "nothing holds what was read, nor is looked at again", Blind: true,
			Texts: []planted.Text{
				{From: `^begin immediate$`, To: `select 1`},
				{From: `^commit$`, To: `select 1`},
				{From: `(update souk_objects .*) and version = \?$`, To: `$1 and 0 <> ?`}},
			Noticed: []string{"no update is lost"}},
		{Name: "a log that is not synced is taken", // the power tests show what that loses
			Texts:   []planted.Text{{From: `\(select synchronous from pragma_synchronous\)`, To: `2`}},
			Noticed: []string{"unsafe settings are refused"}},
		{Name: "who writes elsewhere is an error",
			Errors:  []planted.Text{{From: `SQLITE_BUSY`, To: `?`}},
			Noticed: []string{"a floor holds under a hundred callers"}},

		{Name: "a joined store commits by itself",
			Texts:   []planted.Text{{From: `^release souk$`, To: `commit`}},
			Noticed: []string{"what a host takes back is gone"}},
		{Name: "a failure stays in the host's part",
			Texts:   []planted.Text{{From: `^rollback to souk$`, To: `select 1`}},
			Noticed: []string{"a failure in a host's part is undone"}},
	}}.Run(t)
}
