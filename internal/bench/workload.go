package main

import "context"

// workload is one thing to measure. It hands each row over as it has it.
type workload struct {
	name string
	run  func(ctx context.Context, b *bench, add func(row)) error

	alone bool // it needs no PostgreSQL
}

// workloads lists them in the order in which they run.
func workloads() []workload {
	return []workload{
		{name: "posting", run: runPosting},
		{name: "transfer", run: runTransfer},
		{name: "bulk", run: runBulk},
		{name: "processes", run: runProcesses},
		{name: "hosts", run: runHosts},
		{name: "naive", run: runNaive},
		{name: "growth", run: runGrowth},
		{name: "charge", run: runCharge},
		{name: "memory", run: runMemory},
		{name: "sqlite", run: runSQLite, alone: true},
		{name: "rides", run: runRides, alone: true},
	}
}
