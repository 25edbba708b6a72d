-- What souk sends to PostgreSQL, besides the files of ledger/postgres/schema and the
-- views of kinds. What a batch writes is one statement of the parts below, "with w0 as
-- (…), w1 as (…)", which divides by zero unless each changed as many rows as it must.
-- Written by go test ./ledger/postgres -run KeepsTheLaws -renew.

begin;
begin isolation level read committed;
begin isolation level repeatable read read only;
begin; select pg_advisory_xact_lock(hashtext('souk migrations of souk'));
commit;
create schema if not exists souk; create table if not exists souk.schema_migrations ( version bigint primary key, name text not null, checksum text not null, applied_at timestamptz not null default now() );
delete from souk.object_keys k using unnest(?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[]) n (at, kind, name, value, id) where k.kind = n.kind and k.name = n.name and k.value = n.value and k.at = n.at and k.id = n.id returning 1;
insert into souk.accounts (id, book, owner, purpose, currency, stripe, floor_kind, floor_at, shared, closed, posted, held, entries, version, last_at) select * from unnest(?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::boolean[], ?::boolean[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]);
insert into souk.changes (id, at) select n.id, n.at from unnest(?::text[], ?::bigint[]) n (id, at);
insert into souk.entries (account, posted_at, number, tx, effective_at, amount, balance, position, forced) select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::boolean[]);
insert into souk.events (lane, number, written_at, at, version, type, platform, object_kind, object_id, data) select n.lane, n.number, n.written_at, n.at, n.version, n.type, n.platform, n.object_kind, n.object_id, n.data::json from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[]) n (lane, number, written_at, at, version, type, platform, object_kind, object_id, data);
insert into souk.gates (kind, absent) select n.kind, n.absent from unnest(?::text[], ?::boolean[]) n (kind, absent) on conflict do nothing;
insert into souk.object_keys (at, kind, name, value, id) select n.at, n.kind, n.name, n.value, n.id from unnest(?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[]) n (at, kind, name, value, id);
insert into souk.objects (version, kind, id, keys, data) select n.version, n.kind, n.id, n.keys, n.data::json from unnest(?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[]) n (version, kind, id, keys, data);
insert into souk.schema_migrations (version, name, checksum) values (?, ?, ?);
insert into souk.stripes (id, gates) select nextval('souk.stripe_ids'), gates from souk.stripes where id = -1 returning id;
insert into souk.transactions (seq, posted_at, effective_at, id, book, reason, corrects, object_kind, object_id, meta) select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[]);
release savepoint books;
rollback;
savepoint books;
select * from (select lane, number, written_at, type, platform, object_kind, object_id, version, at, data from souk.events where … order by number limit ?) l;
select 0, '', cast(extract(epoch from clock_timestamp()) * 1000000 as bigint);
select 0, '', cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) union all select 1, id, at from souk.changes where id = any(?::text[]);
select 0, '', cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) union all select 1, id, at from souk.changes where id = any(?::text[]) union all select 2, id, 0 from souk.transactions where id = any(?::text[]);
select 1 from souk.accounts a where book = ? and owner = ? and purpose = ? and currency = ? and stripe = 0 for no key update of a;
select 1 from souk.objects o where kind = ? and id = ? for no key update of o;
select a.book, a.owner, a.purpose, a.currency, e.amount, e.forced from souk.entries e join souk.accounts a on a.id = e.account where e.tx = ? order by e.position;
select book, owner, purpose, currency, floor_kind, floor_at, shared, closed, posted, held, entries, version, last_at from souk.accounts where … order by book, owner, purpose, currency limit ?;
select cast(coalesce(sum((select e.balance from souk.entries e where e.account = a.id and e.posted_at <= ? order by e.posted_at desc limit 1)), 0) as bigint) from souk.accounts a where a.book = ? and a.owner = ? and a.purpose = ? and a.currency = ?;
select count(*) from pg_catalog.pg_tables where schemaname = 'souk' and tablename = 'schema_migrations';
select id from souk.stripes order by id for update;
select id from souk.stripes where id = -1 for key share;
select id from souk.stripes where id >= 0 order by random() limit 1 for update skip locked;
select id, accounts, transactions, events, gates from souk.stripes where id = ? for update skip locked;
select id, accounts, transactions, events, gates, set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('enable_bitmapscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true) from souk.stripes order by id for update;
select id, accounts, transactions, events, gates, set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('enable_bitmapscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true) from souk.stripes where id = ? for update skip locked;
select id, events from souk.stripes where id >= 0 order by id;
select id, floor_kind, floor_at, shared, closed, posted, held, entries, version, last_at from souk.accounts where book = ? and owner = ? and purpose = ? and currency = ? order by stripe;
select k.id, o.version, o.keys, o.data from souk.object_keys k join souk.objects o on o.kind = k.kind and o.id = k.id where … order by k.at desc, k.id desc limit ?;
select k.id, o.version, o.keys, o.data from souk.object_keys k join souk.objects o on o.kind = k.kind and o.id = k.id where … order by k.at, k.id limit ?;
select n.i from unnest(?::text[], ?::text[], ?::text[], ?::text[]) with ordinality n (book, owner, purpose, currency, i) where exists (select 1 from souk.accounts a where a.book = n.book and a.owner = n.owner and a.purpose = n.purpose and a.currency = n.currency and a.stripe = 0);
select n.i, (select cast(coalesce(sum(a.posted), 0) as bigint) from souk.accounts a where a.book = n.book and a.owner = n.owner and a.purpose = n.purpose and a.currency = n.currency and a.shared and a.stripe <> ?) from unnest(?::text[], ?::text[], ?::text[], ?::text[]) with ordinality n (book, owner, purpose, currency, i);
select n.kind, n.id from unnest(?::text[], ?::text[]) n (kind, id) where exists (select 1 from souk.objects o where o.kind = n.kind and o.id = n.id);
select p.number, t.id, t.reason, t.object_kind, t.object_id, t.book, p.posted_at, p.effective_at, p.amount, p.balance from ((select e.posted_at as at, e.number as number, e.tx as tx, e.posted_at as posted_at, e.effective_at as effective_at, e.amount as amount, e.balance as balance from souk.entries e where … order by e.posted_at desc, e.number desc limit ?) union all (select e.effective_at as at, e.number as number, e.tx as tx, e.posted_at as posted_at, e.effective_at as effective_at, e.amount as amount, e.balance as balance from souk.entries e where … order by e.effective_at desc, e.number desc limit ?) order by at desc, number desc limit ?) p join souk.transactions t on t.seq = p.tx order by at desc, number desc;
select p.number, t.id, t.reason, t.object_kind, t.object_id, t.book, p.posted_at, p.effective_at, p.amount, p.balance from ((select e.posted_at as at, e.number as number, e.tx as tx, e.posted_at as posted_at, e.effective_at as effective_at, e.amount as amount, e.balance as balance from souk.entries e where … order by e.posted_at, e.number limit ?) union all (select e.effective_at as at, e.number as number, e.tx as tx, e.posted_at as posted_at, e.effective_at as effective_at, e.amount as amount, e.balance as balance from souk.entries e where … order by e.effective_at, e.number limit ?) order by at, number limit ?) p join souk.transactions t on t.seq = p.tx order by at, number;
select p.number, t.id, t.reason, t.object_kind, t.object_id, t.book, p.posted_at, p.effective_at, p.amount, p.balance from (select e.effective_at as at, e.number as number, e.tx as tx, e.posted_at as posted_at, e.effective_at as effective_at, e.amount as amount, e.balance as balance from souk.entries e where … order by at desc, number desc limit ?) p join souk.transactions t on t.seq = p.tx order by at desc, number desc;
select p.number, t.id, t.reason, t.object_kind, t.object_id, t.book, p.posted_at, p.effective_at, p.amount, p.balance from (select e.effective_at as at, e.number as number, e.tx as tx, e.posted_at as posted_at, e.effective_at as effective_at, e.amount as amount, e.balance as balance from souk.entries e where … order by at, number limit ?) p join souk.transactions t on t.seq = p.tx order by at, number;
select p.number, t.id, t.reason, t.object_kind, t.object_id, t.book, p.posted_at, p.effective_at, p.amount, p.balance from (select e.posted_at as at, e.number as number, e.tx as tx, e.posted_at as posted_at, e.effective_at as effective_at, e.amount as amount, e.balance as balance from souk.entries e where … order by at desc, number desc limit ?) p join souk.transactions t on t.seq = p.tx order by at desc, number desc;
select p.number, t.id, t.reason, t.object_kind, t.object_id, t.book, p.posted_at, p.effective_at, p.amount, p.balance from (select e.posted_at as at, e.number as number, e.tx as tx, e.posted_at as posted_at, e.effective_at as effective_at, e.amount as amount, e.balance as balance from souk.entries e where … order by at, number limit ?) p join souk.transactions t on t.seq = p.tx order by at, number;
select s.gates, coalesce(g.kind, ''), coalesce(g.absent, false) from souk.stripes s left join souk.gates g on true where s.id = -1;
select seq, book, reason, corrects, object_kind, object_id, posted_at, effective_at, meta from souk.transactions where id = ?;
select version, keys, data from souk.objects where kind = ? and id = ?;
select version, name, checksum from souk.schema_migrations order by version;
update souk.accounts a set posted = n.posted, held = n.held, entries = n.entries, version = n.version, last_at = n.last_at, closed = n.closed from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::boolean[]) n (id, was, posted, held, entries, version, last_at, closed) where a.id = n.id and a.version = n.was returning 1;
update souk.accounts set closed = true where book = ? and owner = ? and purpose = ? and currency = ? and stripe <> ? and not closed;
update souk.objects o set version = n.version, keys = n.keys, data = n.data::json from unnest(?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[]) n (version, was, kind, id, keys, data) where o.kind = n.kind and o.id = n.id and o.version = n.was returning 1;
update souk.stripes set accounts = ?, transactions = ?, events = ? where id = ?;
update souk.stripes set gates = gates + 1;
with n as materialized (select * from unnest(?::text[], ?::text[], ?::boolean[], ?::boolean[]) with ordinality n (kind, id, data, put, i)) select n.i, o.* from n cross join lateral (select o.version, o.keys, case when n.data then o.data end from souk.objects o where o.kind = n.kind and o.id = n.id and n.put for no key update of o skip locked) o union all select n.i, o.* from n cross join lateral (select o.version, o.keys, case when n.data then o.data end from souk.objects o where o.kind = n.kind and o.id = n.id and not n.put limit 1) o;
with n as materialized (select * from unnest(?::text[], ?::text[], ?::boolean[], ?::boolean[]) with ordinality n (kind, id, data, put, i)) select n.i, o.* from n cross join lateral (select o.version, o.keys, case when n.data then o.data end from souk.objects o where o.kind = n.kind and o.id = n.id and n.put for no key update of o) o union all select n.i, o.* from n cross join lateral (select o.version, o.keys, case when n.data then o.data end from souk.objects o where o.kind = n.kind and o.id = n.id and not n.put limit 1) o;
with n as materialized (select * from unnest(?::text[], ?::text[], ?::text[], ?::text[]) with ordinality n (book, owner, purpose, currency, i)) select n.i, a.* from n cross join lateral (select a.id, a.floor_kind, a.floor_at, a.shared, a.closed, a.posted, a.held, a.entries, a.version, a.last_at from souk.accounts a where a.book = n.book and a.owner = n.owner and a.purpose = n.purpose and a.currency = n.currency and a.stripe = 0 and not a.shared for no key update of a skip locked) a union all select n.i, coalesce(b.id, 0), a.floor_kind, a.floor_at, a.shared, a.closed, coalesce(b.posted, 0), 0::bigint, coalesce(b.entries, 0), coalesce(b.version, 0), coalesce(b.last_at, -62135596800000000) from n cross join lateral (select a.floor_kind, a.floor_at, a.shared, a.closed from souk.accounts a where a.book = n.book and a.owner = n.owner and a.purpose = n.purpose and a.currency = n.currency and a.stripe = 0 and a.shared limit 1) a left join lateral (select a.id, a.posted, a.entries, a.version, a.last_at from souk.accounts a where a.book = n.book and a.owner = n.owner and a.purpose = n.purpose and a.currency = n.currency and a.stripe = ? limit 1) b on true;
with n as materialized (select * from unnest(?::text[], ?::text[], ?::text[], ?::text[]) with ordinality n (book, owner, purpose, currency, i)) select n.i, a.* from n cross join lateral (select a.id, a.floor_kind, a.floor_at, a.shared, a.closed, a.posted, a.held, a.entries, a.version, a.last_at from souk.accounts a where a.book = n.book and a.owner = n.owner and a.purpose = n.purpose and a.currency = n.currency and a.stripe = 0 and not a.shared for no key update of a) a union all select n.i, coalesce(b.id, 0), a.floor_kind, a.floor_at, a.shared, a.closed, coalesce(b.posted, 0), 0::bigint, coalesce(b.entries, 0), coalesce(b.version, 0), coalesce(b.last_at, -62135596800000000) from n cross join lateral (select a.floor_kind, a.floor_at, a.shared, a.closed from souk.accounts a where a.book = n.book and a.owner = n.owner and a.purpose = n.purpose and a.currency = n.currency and a.stripe = 0 and a.shared limit 1) a left join lateral (select a.id, a.posted, a.entries, a.version, a.last_at from souk.accounts a where a.book = n.book and a.owner = n.owner and a.purpose = n.purpose and a.currency = n.currency and a.stripe = ? limit 1) b on true;

-- Lists are asked for with some of these conditions, and in either order:
-- (book, owner, purpose, currency) > (?, ?, ?, ?)
-- (e.effective_at, e.number) < (?, ?)
-- (e.effective_at, e.number) > (?, ?)
-- (e.posted_at, e.number) < (?, ?)
-- (e.posted_at, e.number) > (?, ?)
-- (k.at, k.id) < (?, ?)
-- (k.at, k.id) > (?, ?)
-- (owner, purpose, currency) > (?, ?, ?)
-- (purpose, currency) > (?, ?)
-- book = ?
-- case when e.effective_at = e.posted_at then true end
-- e.account = ?
-- e.effective_at < ?
-- e.effective_at <> e.posted_at
-- e.effective_at >= ?
-- e.posted_at < ?
-- e.posted_at >= ?
-- k.at < ?
-- k.at >= ?
-- k.kind = ?
-- k.name = ?
-- k.value = ?
-- lane = ?
-- not closed
-- number > ?
-- owner = ?
-- platform = ?
-- purpose < ?
-- purpose = ?
-- purpose >= ?
-- stripe = 0
