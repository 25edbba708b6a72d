package sealed

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

// vectors are the test cases 13 to 16 of "The Galois/Counter Mode of Operation (GCM)"
// (McGrew and Viega, revised 2005), which are those with keys of 256 bits and nonces of 96,
// and one of NIST's CAVP (gcmDecrypt256, 128-bit tag).
var vectors = []struct{ key, nonce, plain, about, cipher, tag string }{
	{zeros(32), zeros(12), "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
	{zeros(32), zeros(12), zeros(16), "", "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
	{
		"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255", "",
		"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad", "b094dac5d93471bdec1a502270e3cc6c",
	},
	{
		"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
		"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662", "76fc6ece0f4e1768cddf8853bb2d551b",
	},
	{
		"83688deb4af8007f9b713b47cfa6c73e35ea7a3aa4ecdb414dded03bf7a0fd3a", "0b459724904e010a46901cf3",
		"33d893a2114ce06fc15d55e454cf90c3", "794a14ccd178c8ebfd1379dc704c5e208f9d8424",
		"cc66bee423e3fcd4c0865715e9586696", "0fb291bd3dba94a1dfd8b286cfb97ac5",
	},
}

func zeros(n int) string { return hex.EncodeToString(make([]byte, n)) }

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	require.NoError(t, err)
	return b
}

// T7: the published vectors open, and do not with any bit of the tag, the nonce, the
// ciphertext or what is authenticated changed.
func TestPublishedVectors(t *testing.T) {
	for _, v := range vectors {
		aead, err := newAEAD(unhex(t, v.key))
		require.NoError(t, err)
		box, about := unhex(t, v.nonce+v.cipher+v.tag), unhex(t, v.about)
		plain, err := aead.Open(nil, nil, box, about)
		require.NoError(t, err)
		require.Equal(t, v.plain, hex.EncodeToString(plain))
		for bit := range len(box) * 8 {
			box[bit/8] ^= 1 << (bit % 8)
			_, err = aead.Open(nil, nil, box, about)
			require.Error(t, err)
			box[bit/8] ^= 1 << (bit % 8)
		}
		for bit := range len(about) * 8 {
			about[bit/8] ^= 1 << (bit % 8)
			_, err = aead.Open(nil, nil, box, about)
			require.Error(t, err)
			about[bit/8] ^= 1 << (bit % 8)
		}
		_, err = aead.Open(nil, nil, box, append(about, 0))
		require.Error(t, err)
	}
	for _, n := range []int{0, 15, 16, 24, 31, 33} {
		_, err := newKey(make([]byte, n))
		require.Error(t, err, "a key of %d bytes is none of AES-256", n)
	}
}
