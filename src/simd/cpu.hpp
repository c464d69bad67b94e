// Which vector instructions the running CPU offers. Kernels are chosen once, at run time, by whoever builds their tables;
// every kernel gives the same results (tests run all that the machine can).
#pragma once

namespace sotto::simd {

enum class Kernel {
  portable,   // blst's scalar products (ADX where the CPU has it)
  avx2,       // four lanes of 52-bit floating-point products: AVX2 and FMA
};
const char* name(Kernel kernel);

bool runs_here(Kernel kernel);
Kernel best_kernel();

}  // namespace sotto::simd
