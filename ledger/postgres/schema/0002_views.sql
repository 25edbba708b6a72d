-- What people look at: amounts in units of their currency besides minor units,
-- times as times. Nothing of souk reads these views.

-- Minor digits of the currencies that are listed. Assets of a host have theirs in
-- their name, "USDC/6".
create table souk.currencies (
	code   text     collate "C" primary key,
	digits smallint not null check (digits between 0 and 12)
);
insert into souk.currencies (digits, code) select l.digits, unnest(string_to_array(l.codes, ' ')) from (values
	(0, 'ADP BEF BIF BYB BYR CLP DJF ESP GNF GRD ISK ITL JPY KMF KRW LUF MGF PTE PYG RWF TPE TRL UGX UYI VND'),
	(0, 'VUV XAF XOF XPF'),
	(2, 'AED AFA AFN ALL AMD ANG AOA AON AOR ARS ATS AUD AWG AZM AZN BAM BBD BDT BGL BGN BMD BND BOB BOV BRL'),
	(2, 'BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CSD CUC CUP CVE CYP CZK DEM DKK DOP DZD ECS'),
	(2, 'EEK EGP ERN ETB EUR FIM FJD FKP FRF GBP GEL GHC GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR IEP ILS'),
	(2, 'INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL LTL LVL MAD MCF MDL MGA MKD MMK MNT MOP MRO'),
	(2, 'MRU MTL MUR MVR MWK MXN MXV MYR MZM MZN NAD NGN NIO NLG NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR ROL'),
	(2, 'RON RSD RUB SAR SBD SCR SDD SDG SEK SGD SHP SIT SKK SLE SLL SOS SRD SRG SSP STD STN SVC SYP SZL THB'),
	(2, 'TJR TJS TMM TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VEB VED VEF VES WST XAD XCD XCG YER YUM ZAR'),
	(2, 'ZMK ZMW ZWD ZWG ZWL ZWR'),
	(3, 'BHD IQD JOD KWD LYD OMR TND'),
	(4, 'CLF UYW'),
	(8, 'BTC')
) l (digits, codes);

-- The views of kinds that Migrate has made, so that it knows them again.
create table souk.kind_views (
	name       text collate "C" primary key,
	kind       text collate "C" not null,
	definition text not null
);

-- What every account has; a shared one over all its stripes.
create view souk.balances as
select book, owner, purpose, currency,
	(posted_minor || 'e-' || digits)::numeric as posted,
	(held_minor || 'e-' || digits)::numeric as held,
	(spendable_minor || 'e-' || digits)::numeric as spendable, -- by guarded entries: less what is held, and the floor
	posted_minor, held_minor, spendable_minor, digits,
	case floor_kind when 0 then 'none' when 1 then 'guarded' else 'hard' end as floor, floor_minor,
	shared, closed, entries,
	case when entries > 0 then timestamptz 'epoch' + last_at * interval '1 microsecond' end as last_posted_at
from (
	select a.*, a.posted_minor - a.held_minor - a.floor_minor as spendable_minor,
		coalesce(c.digits, case when a.currency like '%/%' then split_part(a.currency, '/', 2)::integer end) as digits
	from (
		select book, owner, purpose, currency, max(floor_kind) as floor_kind, sum(floor_at) as floor_minor,
			bool_or(shared) as shared, bool_or(closed) as closed, sum(posted) as posted_minor, sum(held) as held_minor,
			sum(entries) as entries, max(last_at) as last_at
		from souk.accounts group by book, owner, purpose, currency
	) a left join souk.currencies c on c.code = a.currency
) a;

-- Every entry, with the balance of its account after it.
create view souk.journal as
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
			select sum((select b.balance from souk.entries b where b.account = s.id and b.posted_at <= e.posted_at order by b.posted_at desc limit 1))
			from souk.accounts s where s.book = a.book and s.owner = a.owner and s.purpose = a.purpose and s.currency = a.currency
		) else e.balance end as balance_minor,
		coalesce(c.digits, case when a.currency like '%/%' then split_part(a.currency, '/', 2)::integer end) as digits,
		e.forced, t.corrects, t.object_kind, t.object_id, t.meta
	from souk.entries e
		join souk.transactions t on t.seq = e.tx
		join souk.accounts a on a.id = e.account
		left join souk.currencies c on c.code = a.currency
) e;

-- Every event under its id, which has lane and number in base 36.
create view souk.event_log as
select 'evt_'
	|| (with recursive d (n, text) as (select e.lane, '' union all
			select n / 36, substr('0123456789abcdefghijklmnopqrstuvwxyz', (n % 36)::integer + 1, 1) || text from d where n > 0)
		select coalesce(nullif(text, ''), '0') from d where n = 0)
	|| '_'
	|| (with recursive d (n, text) as (select e.number, '' union all
			select n / 36, substr('0123456789abcdefghijklmnopqrstuvwxyz', (n % 36)::integer + 1, 1) || text from d where n > 0)
		select text from d where n = 0) as id,
	timestamptz 'epoch' + e.at * interval '1 microsecond' as at,
	timestamptz 'epoch' + e.written_at * interval '1 microsecond' as written_at, -- the order of the feed, with the lane
	e.type, e.platform, e.object_kind, e.object_id, e.version, e.data, e.lane, e.number
from souk.events e;
