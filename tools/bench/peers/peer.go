// SPDX-License-Identifier: MIT OR Apache-2.0
// Rows of core_bench and scale_bench as Go does them, on one processor: peer ROW SIZE prints ns an
// operation, or what the row's name says. Exit code 3: Go has nothing like it.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const switches = 1000000

func perOperation(start time.Time, n int) float64 {
	return float64(time.Since(start).Nanoseconds()) / float64(n)
}

func rotate(tasks int) float64 {
	var group sync.WaitGroup
	round := func(times int) {
		for i := 0; i < tasks; i++ {
			group.Add(1)
			go func() {
				for j := 0; j < times; j++ {
					runtime.Gosched()
				}
				group.Done()
			}()
		}
		group.Wait()
	}
	round(2)
	times := switches / tasks
	start := time.Now()
	round(times)
	return perOperation(start, times*tasks)
}

func startEach(n int) float64 {
	count := 0
	start := time.Now()
	for i := 0; i < n; i++ {
		go func() { count++ }()
		runtime.Gosched()
	}
	return perOperation(start, n)
}

func groupEach(n int) float64 {
	count := 0
	start := time.Now()
	for i := 0; i < n; i++ {
		var group sync.WaitGroup
		group.Add(1)
		go func() { count++; group.Done() }()
		group.Wait()
	}
	return perOperation(start, n)
}

func cold(n int) float64 {
	count := 0
	start := time.Now()
	for i := 0; i < n; i++ {
		go func() { count++ }()
	}
	return perOperation(start, n)
}

func scopes(n int) float64 {
	deadline := time.Now().Add(time.Hour)
	start := time.Now()
	for i := 0; i < n; i++ {
		_, cancel := context.WithDeadline(context.Background(), deadline)
		cancel()
	}
	return perOperation(start, n)
}

func messages(n int) float64 {
	numbers := make(chan int)
	done := make(chan int)
	go func() {
		sum := 0
		for number := range numbers {
			sum += number
		}
		done <- sum
	}()
	start := time.Now()
	for i := n; i > 0; i-- {
		numbers <- i
	}
	result := perOperation(start, n)
	close(numbers)
	<-done
	return result
}

// Resident memory and page tables, in bytes.
func memory() float64 {
	bytes := 0.0
	file, err := os.Open("/proc/self/status")
	if err != nil {
		os.Exit(3)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var kibibytes float64
		text := lines.Text()
		if strings.HasPrefix(text, "VmRSS:") || strings.HasPrefix(text, "VmPTE:") {
			fmt.Sscanf(text[6:], "%f", &kibibytes)
			bytes += kibibytes * 1024
		}
	}
	return bytes
}

func parked(n int) float64 {
	over := make(chan int)
	before := memory()
	for i := 0; i < n; i++ {
		go func() { <-over }()
	}
	runtime.Gosched()
	return (memory() - before) / float64(n)
}

func sleepers(n int) float64 {
	var group sync.WaitGroup
	state := uint64(1)
	for i := 0; i < n; i++ {
		state = state*6364136223846793005 + 1442695040888963407
		ns := (state >> 33) * 100000000 >> 31
		group.Add(1)
		go func() { time.Sleep(time.Duration(ns)); group.Done() }()
	}
	group.Wait()
	var used syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e6
}

func main() {
	runtime.GOMAXPROCS(1)
	rows := map[string]func(int) float64{
		"switch, 2 tasks": rotate, "switch, 100 tasks": rotate, "switch, 10,000 tasks": rotate,
		"start + join, open nursery": startEach, "start + join, own nursery": groupEach,
		"cold start, guarded": cold, "scope with deadline, open + close": scopes,
		"rendezvous message": messages, "100,000 sleepers, CPU ms": sleepers,
		"100,000 parked, bytes a task": parked, "1,000,000 parked, bytes a task": parked,
	}
	if len(os.Args) != 3 || rows[os.Args[1]] == nil {
		os.Exit(3)
	}
	size, err := strconv.Atoi(os.Args[2])
	if err != nil {
		os.Exit(3)
	}
	fmt.Println(rows[os.Args[1]](size))
}
