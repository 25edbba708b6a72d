package webhook

import (
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// W1, W2: the connection's own address is looked at last, whatever was looked up.
func TestW2Control(t *testing.T) {
	g := &guard{}
	for _, a := range []string{"127.0.0.1:443", "[::1]:443", "[::ffff:10.0.0.1]:443", "169.254.169.254:443", "[fe80::1%eth0]:443", "0.0.0.0:443", "", "hooks.example:443"} {
		require.Error(t, g.control("tcp", a, nil), a)
	}
	for _, a := range []string{"93.184.215.14:443", "[2606:2800:21f:cb07::1]:443"} {
		require.NoError(t, g.control("tcp", a, nil), a)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, err = (&net.Dialer{Control: g.control}).DialContext(t.Context(), "tcp", l.Addr().String())
	require.ErrorContains(t, err, "nothing is sent to such an address")
}

// Each forbidden range from its first address to its last, and not beyond.
func TestW1Ranges(t *testing.T) {
	g := &guard{}
	for _, p := range special {
		require.Equal(t, p.Masked(), p)
		require.True(t, g.forbidden(p.Addr()), p)
		last := p.Addr().AsSlice()
		for i := p.Bits(); i < 8*len(last); i++ {
			last[i/8] |= 1 << (7 - i%8)
		}
		end, _ := netip.AddrFromSlice(last)
		require.True(t, g.forbidden(end), p)
		if end.Is4() {
			mapped := netip.AddrFrom16(end.As16())
			require.True(t, mapped.Is4In6())
			require.True(t, g.forbidden(mapped), p)
		}
	}
	for _, a := range []string{"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "128.0.0.0", "172.15.255.255", "172.32.0.0", "223.255.255.255", "2001:200::", "2003::", "2606:4700::1111"} {
		require.False(t, g.forbidden(netip.MustParseAddr(a)), a)
	}
	require.True(t, g.forbidden(netip.Addr{}))
}
