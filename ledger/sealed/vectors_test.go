package sealed

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

// vectors are the test cases 13 to 16 of "The Galois/Counter Mode of Operation (GCM)"
// (McGrew and Viega, revised 2005), which are those with keys of 256 bits and nonces of 96,
// one of NIST's CAVP (gcmDecrypt256, 128-bit tag), and tests 98, 100 to 102 and 153 of
// Wycheproof's aes_gcm_test.json (C2SP), the last with its right tag.
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
	{
		"3b2458d8176e1621c0cc24c0c0e24c1e80d72f7ee9149a4b166176629616d011", "45aaa3e5d16d2d42dc03445d",
		"3ff1514b1c503915918f0c0c31094a6e1f", "", "73a6b6f45f6ccc5131e07f2caa1f2e2f56", "2d7379ec1db5952d4e95d30c340b1b1d",
	},
	{
		"b279f57e19c8f53f2f963f5f2519fdb7c1779be2ca2b3ae8e1128b7d6c627fc4", "98bc2c7438d5cd7665d76f6e",
		"fcc515b294408c8645c9183e3f4ecee5127846d1", "c0", "eb5500e3825952866d911253f8de860c00831c81", "ecb660e1fb0541ec41e8d68a64141b3a",
	},
	{
		"cdccfe3f46d782ef47df4e72f0c02d9c7f774def970d23486f11a57f54247f17", "376187894605a8d45e30de51",
		"e28e0e9f9d22463ac0e42639b530f42102fded75", "956846a209e087ed", "feca44952447015b5df1f456df8ca4bb4eee2ce2", "082e91924deeb77880e1b1c84f9b8d30",
	},
	{
		"f32364b1d339d82e4f132d8f4a0ec1ff7e746517fa07ef1a7f422f4e25a48194", "5a86a50a0e8a179c734b996d",
		"43891bccb522b1e72a6b53cf31c074e9d6c2df8e", "ab2ac7c44c60bdf8228c7884adb20184", "43dda832e942e286da314daa99bef5071d9d2c78", "c3922583476ced575404ddb85dd8cd44",
	},
	{
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "505152535455565758595a5b",
		"202122232425262728292a2b2c2d2e2f", "", "b2061457c0759fc1749f174ee1ccadfa", "9ce8fef6d8ab1bf1bf887232eab590dd",
	},
}

// wrongTags are the tags of Wycheproof's tests 153 to 156: the last vector with none of them.
var wrongTags = []string{
	"00000000000000000000000000000000", "ffffffffffffffffffffffffffffffff", "1c687e76582b9b713f08f2b26a35105d", "9de9fff7d9aa1af0be897333ebb491dc",
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
	last := vectors[len(vectors)-1]
	for _, tag := range wrongTags {
		aead, err := newAEAD(unhex(t, last.key))
		require.NoError(t, err)
		_, err = aead.Open(nil, nil, unhex(t, last.nonce+last.cipher+tag), nil)
		require.Error(t, err)
	}
	for _, n := range []int{0, 15, 16, 24, 31, 33} {
		_, err := newKey(make([]byte, n))
		require.Error(t, err, "a key of %d bytes is none of AES-256", n)
	}
}
