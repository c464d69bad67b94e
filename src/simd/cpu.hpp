// Which vector instructions the running CPU offers. Kernels are chosen once, at run time, by whoever builds their tables;
// every kernel gives the same results (tests run all that the machine can).
#pragma once

namespace sotto::simd {

enum class Kernel {
  portable,   // blst's scalar products (ADX where the CPU has it)
  avx2,       // four lanes of 52-bit floating-point products: AVX2 and FMA
  ifma,       // eight lanes of 52-bit limbs: AVX-512 with IFMA
  ifma_emulated,  // what ifma computes, instruction by instruction in plain C++: tests where the CPU has none
};
const char* name(Kernel kernel);

// What the processor has and the operating system saves at a switch of tasks.
bool runs_here(Kernel kernel);
// Never an emulation.
Kernel best_kernel();

}  // namespace sotto::simd
