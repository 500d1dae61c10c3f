// Keeps the memory of a process with secrets to itself: a core dump of padlock-cert would hold the
// key-encryption key and tenants' private keys, whoever collects dumps on that machine.

#pragma once

namespace base {

// From now on no core of this process is dumped, and no other process may read its memory or trace
// it, but for root's (PR_SET_DUMPABLE in prctl(2)). Call first thing in main().
void PreventCoreDumps();

}  // namespace base
