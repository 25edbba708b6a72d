-- The books. Names begin with souk_, since a host keeps tables of its own in
-- the same file. Times are microseconds since 1970 in UTC; amounts are minor
-- units of the account's currency. Text that is not there is ''.

create table souk_accounts (
	id         integer primary key,
	book       text    not null,
	owner      text    not null,
	purpose    text    not null,
	currency   text    not null,
	stripe     integer not null default 0 check (stripe = 0), -- databases of many writers have more
	floor_kind integer not null check (floor_kind in (0, 1, 2)), -- none, guarded, hard
	floor_at   integer not null,
	shared     integer not null check (shared in (0, 1)),
	closed     integer not null check (closed in (0, 1)),
	posted     integer not null,
	held       integer not null check (held >= 0),
	entries    integer not null check (entries >= 0),
	version    integer not null check (version >= 1),
	last_at    integer not null, -- the year 1: nothing was posted yet
	unique (book, owner, purpose, currency, stripe),
	check (floor_kind <> 0 or floor_at = 0),
	check (floor_kind <> 2 or posted >= floor_at),
	check (shared = 0 or floor_kind = 0 and held = 0),
	check (closed = 0 or posted = 0 and held = 0)
) strict;

create index souk_accounts_open on souk_accounts (book, owner, purpose, currency) where not closed;
create index souk_accounts_purpose on souk_accounts (purpose, book, owner, currency);

create table souk_transactions (
	seq          integer primary key,
	id           text    not null unique,
	book         text    not null,
	reason       text    not null,
	corrects     text    not null,
	object_kind  text    not null,
	object_id    text    not null,
	posted_at    integer not null,
	effective_at integer, -- if it is not posted_at
	meta         text -- a JSON object
) strict;

-- An account's entries lie together, in the order in which they were posted:
-- one index answers for the last ones, for pages and for past balances.
create table souk_entries (
	account      integer not null references souk_accounts (id),
	posted_at    integer not null,
	number       integer not null check (number >= 1),
	tx           integer not null references souk_transactions (seq),
	position     integer not null check (position >= 0), -- in the transaction
	effective_at integer, -- if it is not posted_at
	amount       integer not null check (amount <> 0),
	balance      integer not null,
	forced       integer not null check (forced in (0, 1)),
	primary key (account, posted_at, number),
	unique (tx, position)
) strict, without rowid;

-- Few entries count at another time than they were posted; lists by effective
-- time are merged of these and of all others.
create index souk_entries_moved on souk_entries (account, effective_at, number) where effective_at is not null;
create index souk_entries_moved_posted on souk_entries (account, posted_at, number) where effective_at is not null;

create table souk_objects (
	kind    text    not null,
	id      text    not null,
	version integer not null check (version >= 1),
	keys    text    not null, -- a JSON list of name, value, at of each, as in souk_object_keys
	data    text,             -- JSON
	unique (kind, id)
) strict;

create table souk_object_keys (
	kind   text    not null,
	name   text    not null,
	value  text    not null,
	at     integer not null,
	id     text    not null,
	primary key (kind, name, value, at, id),
	foreign key (kind, id) references souk_objects (kind, id)
) strict, without rowid;

create table souk_events (
	lane        integer not null default 0 check (lane = 0), -- databases of many writers have more
	number      integer primary key check (number >= 1),
	type        text    not null,
	platform    text    not null,
	object_kind text    not null,
	object_id   text    not null,
	version     integer not null check (version >= 0),
	at          integer not null,
	data        text -- JSON
) strict;

create index souk_events_platform on souk_events (platform, lane, number);

create table souk_changes (
	id text    primary key,
	at integer not null
) strict, without rowid;

-- What is written once stays as it is.
create trigger souk_entries_update before update on souk_entries begin select raise(abort, 'souk: an entry never changes'); end;
create trigger souk_entries_delete before delete on souk_entries begin select raise(abort, 'souk: an entry is never deleted'); end;
create trigger souk_transactions_update before update on souk_transactions begin select raise(abort, 'souk: a transaction never changes'); end;
create trigger souk_transactions_delete before delete on souk_transactions begin select raise(abort, 'souk: a transaction is never deleted'); end;
create trigger souk_events_update before update on souk_events begin select raise(abort, 'souk: an event never changes'); end;
create trigger souk_events_delete before delete on souk_events begin select raise(abort, 'souk: an event is never deleted'); end;
create trigger souk_changes_update before update on souk_changes begin select raise(abort, 'souk: the id of a change never changes'); end;
create trigger souk_changes_delete before delete on souk_changes begin select raise(abort, 'souk: the id of a change is never forgotten'); end;
create trigger souk_accounts_delete before delete on souk_accounts begin select raise(abort, 'souk: an account is never deleted'); end;

create trigger souk_accounts_terms before update of id, book, owner, purpose, currency, floor_kind, floor_at, shared on souk_accounts begin
	select raise(abort, 'souk: the name and the terms of an account never change');
end;
create trigger souk_accounts_update before update on souk_accounts
when new.version <= old.version or new.entries < old.entries or new.last_at < old.last_at or old.closed = 1 begin
	select raise(abort, 'souk: an account only goes forward, and a closed one nowhere');
end;
create trigger souk_objects_update before update on souk_objects
when new.version <= old.version or new.kind <> old.kind or new.id <> old.id begin
	select raise(abort, 'souk: the version of an object rises, and its name stays');
end;
