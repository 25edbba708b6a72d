-- What people look at: amounts in units of their currency besides minor units,
-- times as text of ISO 8601 in UTC. Nothing of souk reads these views.

-- Minor digits of the currencies that are listed. Assets of a host have theirs in
-- their name, "USDC/6".
create table souk_currencies (
	code   text    primary key,
	digits integer not null check (digits between 0 and 12)
) strict, without rowid;
insert into souk_currencies (digits, code)
with recursive l (digits, codes) as (values
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
	union all select digits, substr(codes, 5) from l where length(codes) > 4
) select digits, substr(codes, 1, 3) from l;

-- The views of kinds that Migrate has made, so that it knows them again.
create table souk_kind_views (
	name       text primary key,
	kind       text not null,
	definition text not null
) strict, without rowid;

-- What every account has.
create view souk_balances as
select book, owner, purpose, currency,
	case when digits > 0 then printf('%s%d.%0*d', case when posted_minor < 0 and posted_minor > -unit then '-' else '' end, posted_minor / unit, digits, abs(posted_minor % unit))
		when digits = 0 then cast(posted_minor as text) end as posted,
	case when digits > 0 then printf('%s%d.%0*d', case when held_minor < 0 and held_minor > -unit then '-' else '' end, held_minor / unit, digits, abs(held_minor % unit))
		when digits = 0 then cast(held_minor as text) end as held,
	case when digits > 0 then printf('%s%d.%0*d', case when spendable_minor < 0 and spendable_minor > -unit then '-' else '' end, spendable_minor / unit, digits, abs(spendable_minor % unit))
		when digits = 0 then cast(spendable_minor as text) end as spendable, -- by guarded entries: less what is held, and the floor
	posted_minor, held_minor, spendable_minor, digits,
	case floor_kind when 0 then 'none' when 1 then 'guarded' else 'hard' end as floor, floor_minor,
	shared, closed, entries, last_posted_at
from (
	select *, cast(substr('1000000000000', 1, digits + 1) as integer) as unit
	from (
		select a.book, a.owner, a.purpose, a.currency, a.floor_kind, a.floor_at as floor_minor, a.shared, a.closed,
			a.posted as posted_minor, a.held as held_minor, a.posted - a.held - a.floor_at as spendable_minor, a.entries,
			coalesce(c.digits, case when instr(a.currency, '/') > 0 then cast(substr(a.currency, instr(a.currency, '/') + 1) as integer) end) as digits,
			case when a.entries > 0 then strftime('%Y-%m-%dT%H:%M:%S', (a.last_at - ((a.last_at % 1000000) + 1000000) % 1000000) / 1000000, 'unixepoch')
			|| printf('.%06dZ', ((a.last_at % 1000000) + 1000000) % 1000000) end as last_posted_at
		from souk_accounts a left join souk_currencies c on c.code = a.currency
	)
);

-- Every entry, with the balance of its account after it.
create view souk_journal as
select posted_at, effective_at, transaction_id, position, reason, book, owner, purpose, currency,
	case when digits > 0 then printf('%s%d.%0*d', case when amount_minor < 0 and amount_minor > -unit then '-' else '' end, amount_minor / unit, digits, abs(amount_minor % unit))
		when digits = 0 then cast(amount_minor as text) end as amount,
	case when digits > 0 then printf('%s%d.%0*d', case when balance_minor < 0 and balance_minor > -unit then '-' else '' end, balance_minor / unit, digits, abs(balance_minor % unit))
		when digits = 0 then cast(balance_minor as text) end as balance,
	amount_minor, balance_minor, digits, forced, corrects, object_kind, object_id, meta
from (
	select *, cast(substr('1000000000000', 1, digits + 1) as integer) as unit
	from (
		select strftime('%Y-%m-%dT%H:%M:%S', (e.posted_at - ((e.posted_at % 1000000) + 1000000) % 1000000) / 1000000, 'unixepoch')
			|| printf('.%06dZ', ((e.posted_at % 1000000) + 1000000) % 1000000) as posted_at,
			strftime('%Y-%m-%dT%H:%M:%S', (e.counts_at - ((e.counts_at % 1000000) + 1000000) % 1000000) / 1000000, 'unixepoch')
			|| printf('.%06dZ', ((e.counts_at % 1000000) + 1000000) % 1000000) as effective_at,
			t.id as transaction_id, e.position, t.reason, a.book, a.owner, a.purpose, a.currency,
			e.amount as amount_minor, e.balance as balance_minor,
			coalesce(c.digits, case when instr(a.currency, '/') > 0 then cast(substr(a.currency, instr(a.currency, '/') + 1) as integer) end) as digits,
			e.forced, t.corrects, t.object_kind, t.object_id, t.meta
		from (select *, coalesce(effective_at, posted_at) as counts_at from souk_entries) e
			join souk_transactions t on t.seq = e.tx
			join souk_accounts a on a.id = e.account
			left join souk_currencies c on c.code = a.currency
	)
);

-- Every event under its id, which has lane and number in base 36.
create view souk_event_log as
select 'evt_0_' || (
		with recursive d (n, text) as (select e.number, '' union all
			select n / 36, substr('0123456789abcdefghijklmnopqrstuvwxyz', n % 36 + 1, 1) || text from d where n > 0)
		select text from d where n = 0
	) as id,
	strftime('%Y-%m-%dT%H:%M:%S', (e.at - ((e.at % 1000000) + 1000000) % 1000000) / 1000000, 'unixepoch')
			|| printf('.%06dZ', ((e.at % 1000000) + 1000000) % 1000000) as at,
	e.type, e.platform, e.object_kind, e.object_id, e.version, e.data, e.lane, e.number
from souk_events e;
