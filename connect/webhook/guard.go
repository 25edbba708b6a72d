package webhook

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/soukhq/souk/ledger"
)

// guard keeps deliveries from addresses that are nobody's receiver: a tenant chooses the
// URL, and souk stands inside the host's network.
type guard struct {
	ports    []int
	deny     []netip.Prefix
	loopback bool
	lookup   Resolver
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
}

// special are the ranges of the IANA registries of special-purpose addresses that no
// receiver has, multicast, and those that embed an IPv4 address.
var special = prefixes(`0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12
	192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24
	224.0.0.0/4 240.0.0.0/4 ::/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001:db8::/32
	2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8`)

func prefixes(text string) (list []netip.Prefix) {
	for _, p := range strings.Fields(text) {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}

// forbidden reports whether nothing is sent to an address. A mapped one is the IPv4
// address that it stands for.
func (g *guard) forbidden(a netip.Addr) bool {
	if a = a.Unmap().WithZone(""); !a.IsValid() {
		return true
	}
	in := func(p netip.Prefix) bool { return p.Contains(a) }
	if g.loopback && a.IsLoopback() {
		return false
	}
	return slices.ContainsFunc(special, in) || slices.ContainsFunc(g.deny, in)
}

// inner are names that mean something inside a network alone.
var inner = []string{"localhost", "local", "internal", "localdomain", "intranet", "lan", "corp", "home", "private", "arpa", "onion", "test", "invalid"}

// parse reads a URL that something may be sent to; one that may not is forbidden_url.
func (g *guard) parse(raw string) (*url.URL, error) {
	no := func(why string) (*url.URL, error) { return nil, forbiddenURL(why) }
	if raw == "" || len(raw) > 2048 {
		return no("it has 1 to 2,048 characters")
	}
	for _, c := range []byte(raw) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\\\"<>^`{|}", c) >= 0 {
			return no("it is plain ASCII; other characters are escaped")
		}
	}
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.Hostname() == "" {
		return no("it is no URL with a host")
	}
	host := u.Hostname()
	local := g.loopback && (host == "localhost" || isLoopback(host))
	switch {
	case u.User != nil:
		return no("it has no user")
	case u.Fragment != "" || strings.Contains(raw, "#"):
		return no("it has no fragment")
	case u.Scheme != "https" && !(local && u.Scheme == "http"):
		return no("its scheme is https")
	case local:
		return u, nil
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.Atoi(port); err != nil || strconv.Itoa(n) != port || !slices.Contains(g.ports, n) {
			return no("its port is not one that is used for receivers")
		}
	}
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Zone() != "" || g.forbidden(a) {
			return no("nothing is sent to such an address")
		}
		return u, nil
	}
	if !publicName(strings.ToLower(host)) {
		return no("its host is no public name")
	}
	return u, nil
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// publicName reports whether a host can be in the public DNS. Numbers in other writings
// than an address's own, which some resolvers read as one, end in a label of digits.
func publicName(host string) bool {
	labels := strings.Split(host, ".")
	if len(host) > 253 || len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" || l[0] == '-' {
			return false
		}
	}
	last := labels[len(labels)-1]
	return last[0] >= 'a' && last[0] <= 'z' && !slices.Contains(inner, last)
}

// check parses a URL, and looks its host up: all its addresses must be public. A name
// that cannot be looked up gets the same answer, so that the answer tells nothing.
func (g *guard) check(ctx context.Context, raw string) error {
	u, err := g.parse(raw)
	if err != nil {
		return err
	}
	if _, err := g.addresses(ctx, u.Hostname()); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return forbiddenURL("its host has no public address")
	}
	return nil
}

// addresses looks a host up; one forbidden address among them forbids all.
func (g *guard) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	list := []netip.Addr{}
	if a, err := netip.ParseAddr(host); err == nil {
		list = append(list, a)
	} else if list, err = g.lookup.LookupNetIP(ctx, "ip", host); err != nil {
		return nil, err
	}
	if len(list) == 0 || slices.ContainsFunc(list, g.forbidden) {
		return nil, forbiddenURL("nothing is sent to such an address")
	}
	return list, nil
}

// connect dials a host that a request goes to. What it dials are the addresses that it
// checked, not the name; and the connection's own address is checked again.
func (g *guard) connect(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	list, err := g.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	dial := g.dial
	if dial == nil {
		dial = (&net.Dialer{Control: g.control}).DialContext
	}
	for _, a := range list[:min(len(list), 4)] {
		var c net.Conn
		if c, err = dial(ctx, network, net.JoinHostPort(a.Unmap().String(), port)); err == nil {
			return c, nil
		}
	}
	return nil, err
}

// control is net.Dialer.Control: the last look at the address, by the socket.
func (g *guard) control(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil || g.forbidden(a.Addr()) {
		return forbiddenURL("nothing is sent to such an address")
	}
	return nil
}

func forbiddenURL(why string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "forbidden_url", Field: "url", Msg: why}
}
