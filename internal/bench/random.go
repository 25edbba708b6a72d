package main

import (
	"math"
	"sort"
)

// random is a source of numbers that repeats from run to run: splitmix64.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1.
func (r *random) below(n int) int { return int(r.next() % uint64(n)) }

// pick draws one of n by some distribution.
type pick func(r *random) int

// uniform draws each of n as often.
func uniform(n int) pick { return func(r *random) int { return r.below(n) } }

// zipf draws the i-th of n, counted from 1, in proportion to 1/i^s.
func zipf(n int, s float64) pick {
	sums := make([]float64, n)
	sum := 0.0
	for i := range sums {
		sum += math.Pow(float64(i+1), -s)
		sums[i] = sum
	}
	return func(r *random) int {
		at := float64(r.next()>>11) / (1 << 53) * sum
		return min(sort.SearchFloat64s(sums, at), n-1)
	}
}
