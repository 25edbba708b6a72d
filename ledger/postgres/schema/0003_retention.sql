-- What an account carries forward: its entries up to some moment were moved to an
-- archive, and only Archive does that. It moves whole transactions, of each row of
-- an account the oldest entries first.
create table souk.carried (
	account      bigint primary key,
	posted_at    bigint not null, -- of the last entry that was moved
	tx           bigint not null, -- which that is of
	effective_at bigint not null, -- the latest of all that were moved
	effective_tx bigint not null,
	entries      bigint not null check (entries >= 1), -- how many were moved
	balance      bigint not null  -- after the last of them
);

-- Rows are deleted by the transaction that has written what is carried forward for
-- them, and by no other. Tables are looked up by index, whatever their statistics
-- say.
drop trigger unchanged on souk.entries;
create trigger unchanged before update or truncate on souk.entries execute function souk.refuse('an entry never changes');
create function souk.entries_moved() returns trigger language plpgsql set enable_seqscan = off as $body$
begin
	if exists (select from gone g where (select c.account from souk.carried c where c.account = g.account
			and c.posted_at >= g.posted_at and c.xmin = pg_current_xact_id()::xid limit 1) is null) then
		raise exception 'souk: an entry is never deleted' using errcode = 'integrity_constraint_violation';
	end if;
	if exists (select from (select distinct tx from gone) g join souk.transactions t on t.seq = g.tx
			where (select e.tx from souk.entries e where e.account = any(t.accounts) and e.posted_at = t.posted_at limit 1) is not null) then
		raise exception 'souk: a transaction is moved with all its entries' using errcode = 'integrity_constraint_violation';
	end if;
	return null;
end $body$;
create trigger moved after delete on souk.entries referencing old table as gone for each statement execute function souk.entries_moved();

create trigger forward before update on souk.carried for each row
	when (new.account <> old.account or new.posted_at <= old.posted_at or new.entries <= old.entries or new.effective_at < old.effective_at)
	execute function souk.refuse('what is carried forward only goes forward');
create trigger kept before truncate on souk.carried execute function souk.refuse('what is carried forward is never deleted');

-- A shared account has a row for each stripe that ever posted to it. Those whose
-- entries were all moved become one, of stripe -1, which nobody posts on. It is made
-- anew each time, by the statement that deletes what it is made of.
drop trigger kept on souk.accounts;
create trigger kept before truncate on souk.accounts execute function souk.refuse('an account is never deleted');
create function souk.accounts_merged() returns trigger language plpgsql set enable_seqscan = off as $body$
begin
	if exists (select from (select book, owner, purpose, currency, bool_and(shared and stripe <> 0) as may, sum(posted) as posted,
				sum(entries) as entries, sum(version) as version, max(last_at) as last_at, bool_or(closed) as closed
			from gone group by book, owner, purpose, currency) g
		where not may or (select a.id from souk.accounts a where (a.book, a.owner, a.purpose, a.currency) = (g.book, g.owner, g.purpose, g.currency)
			and a.stripe = -1 and (a.posted, a.entries, a.version, a.last_at, a.closed) = (g.posted, g.entries, g.version, g.last_at, g.closed) limit 1) is null)
	or exists (select from gone g where (select e.account from souk.entries e where e.account = g.id limit 1) is not null) then
		raise exception 'souk: an account is never deleted' using errcode = 'integrity_constraint_violation';
	end if;
	return null;
end $body$;
create trigger merged after delete on souk.accounts referencing old table as gone for each statement execute function souk.accounts_merged();
create function souk.carried_merged() returns trigger language plpgsql set enable_seqscan = off as $body$
begin
	if exists (select from gone g where (select a.id from souk.accounts a where a.id = g.account limit 1) is not null) then
		raise exception 'souk: what is carried forward is never deleted' using errcode = 'integrity_constraint_violation';
	end if;
	return null;
end $body$;
create trigger merged after delete on souk.carried referencing old table as gone for each statement execute function souk.carried_merged();

-- Every entry in the books, with the balance of its account after it. Of a shared
-- account that is not known where another stripe's later entries were moved.
create or replace view souk.journal as
select timestamptz 'epoch' + posted_at * interval '1 microsecond' as posted_at,
	timestamptz 'epoch' + effective_at * interval '1 microsecond' as effective_at,
	transaction_id, position, reason, book, owner, purpose, currency,
	(amount_minor || 'e-' || digits)::numeric as amount,
	(balance_minor || 'e-' || digits)::numeric as balance,
	amount_minor, balance_minor, digits, forced, corrects, object_kind, object_id, meta
from (
	select e.posted_at, coalesce(e.effective_at, e.posted_at) as effective_at, t.id as transaction_id,
		array_position(t.accounts, e.account) - 1 as position, t.reason, a.book, a.owner, a.purpose, a.currency,
		e.amount as amount_minor,
		-- A row of souk.entries has the balance of its stripe.
		case when a.shared then (
			select case when not coalesce(bool_or(c.posted_at > e.posted_at), false) then
				sum(coalesce((select b.balance from souk.entries b where b.account = s.id and b.posted_at <= e.posted_at order by b.posted_at desc limit 1), c.balance)) end
			from souk.accounts s left join souk.carried c on c.account = s.id
			where s.book = a.book and s.owner = a.owner and s.purpose = a.purpose and s.currency = a.currency
		) else e.balance end as balance_minor,
		coalesce(c.digits, case when a.currency like '%/%' then split_part(a.currency, '/', 2)::integer end) as digits,
		e.forced, t.corrects, t.object_kind, t.object_id, t.meta
	from souk.entries e
		join souk.transactions t on t.seq = e.tx
		join souk.accounts a on a.id = e.account
		left join souk.currencies c on c.code = a.currency
) e;
