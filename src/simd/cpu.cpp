#include "simd/cpu.hpp"

namespace sotto::simd {

const char* name(Kernel kernel) {
  switch (kernel) {
    case Kernel::portable: return "portable";
    case Kernel::avx2: return "avx2";
  }
  return "?";
}

bool runs_here(Kernel kernel) {
  return kernel == Kernel::portable || (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
}

Kernel best_kernel() { return runs_here(Kernel::avx2) ? Kernel::avx2 : Kernel::portable; }

}  // namespace sotto::simd
