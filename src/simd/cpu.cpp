#include "simd/cpu.hpp"

#include <initializer_list>

namespace sotto::simd {

const char* name(Kernel kernel) {
  switch (kernel) {
    case Kernel::portable: return "portable";
    case Kernel::avx2: return "avx2";
    case Kernel::ifma: return "ifma";
    case Kernel::ifma_emulated: return "ifma_emulated";
  }
  return "?";
}

bool runs_here(Kernel kernel) {
  switch (kernel) {
    case Kernel::portable:
    case Kernel::ifma_emulated: return true;
    case Kernel::avx2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case Kernel::ifma:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512ifma");
  }
  return false;
}

Kernel best_kernel() {
  for (const Kernel kernel : {Kernel::ifma, Kernel::avx2})
    if (runs_here(kernel)) return kernel;
  return Kernel::portable;
}

}  // namespace sotto::simd
