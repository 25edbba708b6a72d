-- What an account carries forward: its entries up to some moment were moved to an
-- archive, and only Archive does that. It moves whole transactions, of each account
-- the oldest entries first.

create table souk_carried (
	account      integer primary key references souk_accounts (id),
	posted_at    integer not null, -- of the last entry that was moved
	tx           integer not null references souk_transactions (seq), -- which that is of
	effective_at integer not null, -- the latest of all that were moved
	effective_tx integer not null references souk_transactions (seq),
	entries      integer not null check (entries >= 1), -- how many were moved
	balance      integer not null  -- after the last of them
) strict;

-- The transactions that are being moved. It is empty but inside the transaction
-- of the database that moves them.
create table souk_archiving (tx integer primary key references souk_transactions (seq)) strict;

drop trigger souk_entries_delete;
create trigger souk_entries_delete before delete on souk_entries
when not exists (select 1 from souk_archiving where tx = old.tx)
	or not exists (select 1 from souk_carried where account = old.account and posted_at >= old.posted_at and entries >= old.number) begin
	select raise(abort, 'souk: an entry is never deleted');
end;
create trigger souk_archiving_update before update on souk_archiving begin select raise(abort, 'souk: it is deleted when its entries are'); end;
create trigger souk_archiving_delete before delete on souk_archiving
when exists (select 1 from souk_entries where tx = old.tx) begin
	select raise(abort, 'souk: a transaction is moved with all its entries');
end;
create trigger souk_carried_update before update on souk_carried
when new.account <> old.account or new.posted_at <= old.posted_at or new.entries <= old.entries or new.effective_at < old.effective_at begin
	select raise(abort, 'souk: what is carried forward only goes forward');
end;
create trigger souk_carried_delete before delete on souk_carried begin select raise(abort, 'souk: what is carried forward is never deleted'); end;
