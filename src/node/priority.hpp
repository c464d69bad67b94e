// Which of a validator's threads give way. Verifying proofs takes most of the time and can be done in large batches; everything else
// is short and holds somebody's payment up. Where processors are scarce, verification waits, and its batches grow, which makes
// them cheaper a proof.
#pragma once
#include <sys/resource.h>
#include <unistd.h>

namespace sotto::node {

inline constexpr int kVerifyingNice = 5;       // a third of the time that others get when both want a processor

// This thread gives way to those that have not called it. Linux: priorities are a thread's own; needs no privilege.
inline void give_way() { setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kVerifyingNice); }

}  // namespace sotto::node
