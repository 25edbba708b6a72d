-- The books. Times are microseconds since 1970 in UTC; amounts are minor units
-- of the account's currency. Text that is not there is ''. Names compare bytewise.

-- A stripe is a committer's lane: its row is locked for the length of a commit.
-- It numbers the rows and the events that its committer writes. Stripe -1 is the
-- door: whoever takes all stripes takes it first, and whoever adds one looks at it.
create table souk.stripes (
	id           bigint primary key check (id between -1 and 4194303), -- 2^22, so that ids fit
	accounts     bigint not null default 0 check (accounts >= 0),
	transactions bigint not null default 0 check (transactions >= 0),
	events       bigint not null default 0 check (events >= 0),
	gates        bigint not null default 0 -- rises when souk.gates changes
) with (fillfactor = 50);
create sequence souk.stripe_ids start 8;
insert into souk.stripes (id) select generate_series(-1, 7);

-- Kinds of objects that changes look at without writing them, so that whoever
-- writes one must not be overtaken; absent: that they expect not to be there.
create table souk.gates (
	kind   text    collate "C" not null,
	absent boolean not null,
	primary key (kind, absent)
);
insert into souk.gates values ('ledger.period', false), ('ledger.period', true);

create table souk.accounts (
	id         bigint   primary key,
	book       text     collate "C" not null,
	owner      text     collate "C" not null,
	purpose    text     collate "C" not null,
	currency   text     collate "C" not null,
	stripe     bigint   not null, -- a shared account has a row for each stripe that posted to it; 0 has its terms
	floor_kind smallint not null check (floor_kind in (0, 1, 2)), -- none, guarded, hard
	floor_at   bigint   not null,
	shared     boolean  not null,
	closed     boolean  not null,
	posted     bigint   not null,
	held       bigint   not null check (held >= 0),
	entries    bigint   not null check (entries >= 0),
	version    bigint   not null check (version >= 1),
	last_at    bigint   not null, -- the year 1: nothing was posted yet
	unique (book, owner, purpose, currency, stripe),
	check (shared or stripe = 0),
	check (floor_kind <> 0 or floor_at = 0),
	check (floor_kind <> 2 or posted >= floor_at),
	check (not shared or floor_kind = 0 and held = 0),
	check (not closed or shared or posted = 0 and held = 0)
) with (fillfactor = 70);
create index accounts_open on souk.accounts (book, owner, purpose, currency) where stripe = 0 and not closed;
create index accounts_purpose on souk.accounts (purpose, book, owner, currency) where stripe = 0;

-- A transaction's entries are those of its accounts that were posted when it was.
create table souk.transactions (
	seq          bigint primary key,
	posted_at    bigint not null,
	effective_at bigint, -- if it is not posted_at
	changed_at   bigint, -- of its change, whose id is this one's without the last two characters
	accounts     bigint[] not null check (cardinality(accounts) > 0),
	id           text   collate "C" not null unique,
	book         text   collate "C" not null,
	reason       text   collate "C" not null,
	corrects     text   collate "C" not null,
	object_kind  text   collate "C" not null,
	object_id    text   collate "C" not null,
	meta         text, -- a JSON object
	check (changed_at is null or id like '%.1')
);

-- An account's entries lie in the order in which they were posted: one index
-- answers for the last ones, for pages and for past balances.
create table souk.entries (
	account      bigint   not null,
	posted_at    bigint   not null,
	number       bigint   not null check (number >= 1),
	tx           bigint   not null,
	effective_at bigint, -- if it is not posted_at
	amount       bigint   not null check (amount <> 0),
	balance      bigint   not null,
	forced       boolean  not null,
	primary key (account, posted_at)
);
create index entries_moved on souk.entries (account, effective_at, number) where effective_at is not null;
create index entries_moved_posted on souk.entries (account, posted_at, number) where effective_at is not null;

create table souk.objects (
	version bigint not null check (version >= 1),
	kind    text   collate "C" not null,
	id      text   collate "C" not null,
	keys    text   not null, -- a JSON list of name, value, at of each, as in souk.object_keys
	data    json,
	primary key (kind, id)
) with (fillfactor = 85);

create table souk.object_keys (
	at    bigint not null,
	kind  text   collate "C" not null,
	name  text   collate "C" not null,
	value text   collate "C" not null,
	id    text   collate "C" not null,
	primary key (kind, name, value, at, id)
);

create table souk.events (
	lane        bigint not null,
	number      bigint not null check (number >= 1),
	written_at  bigint not null, -- by the clock of the database: lanes are merged by it
	at          bigint not null,
	version     bigint not null check (version >= 0),
	type        text   collate "C" not null,
	platform    text   collate "C" not null,
	object_kind text   collate "C" not null,
	object_id   text   collate "C" not null,
	data        json,
	primary key (lane, number)
);
create index events_platform on souk.events (platform, lane, number);

-- Changes that no transaction remembers.
create table souk.changes (
	at bigint not null,
	id text   collate "C" primary key
);

-- What is written once stays as it is.
create function souk.refuse() returns trigger language plpgsql as $$
begin
	raise exception 'souk: %', tg_argv[0] using errcode = 'integrity_constraint_violation';
end $$;
create trigger unchanged before update or delete or truncate on souk.entries execute function souk.refuse('an entry never changes');
create trigger unchanged before update or delete or truncate on souk.transactions execute function souk.refuse('a transaction never changes');
create trigger unchanged before update or delete or truncate on souk.events execute function souk.refuse('an event never changes');
create trigger unchanged before update or delete or truncate on souk.changes execute function souk.refuse('the id of a change is never forgotten');
create trigger kept before delete or truncate on souk.accounts execute function souk.refuse('an account is never deleted');
create trigger kept before delete or truncate on souk.objects execute function souk.refuse('an object is never deleted');
create trigger kept before delete or truncate on souk.stripes execute function souk.refuse('a stripe is never deleted');
create trigger forward before update on souk.accounts for each row
	when (old.closed or new.version < old.version or new.entries < old.entries or new.last_at < old.last_at
		or new.version = old.version and new.posted <> old.posted
		or (new.id, new.book, new.owner, new.purpose, new.currency, new.stripe, new.floor_kind, new.floor_at, new.shared)
			is distinct from (old.id, old.book, old.owner, old.purpose, old.currency, old.stripe, old.floor_kind, old.floor_at, old.shared))
	execute function souk.refuse('an account only goes forward, keeps its terms, and goes nowhere once it is closed');
create trigger forward before update on souk.objects for each row
	when (new.version <= old.version or new.kind <> old.kind or new.id <> old.id)
	execute function souk.refuse('the version of an object rises, and its name stays');
create trigger forward before update on souk.stripes for each row
	when (new.id <> old.id or new.accounts < old.accounts or new.transactions < old.transactions or new.events < old.events or new.gates < old.gates)
	execute function souk.refuse('a stripe only goes forward');
