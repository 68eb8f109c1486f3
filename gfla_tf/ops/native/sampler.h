// Samples of an image around where a flow points, forward and backward: the one kernel behind every form of the compiled sampler.
//
//   result(p) = sum_ij tap_ij(p) * image(p + offset + whole(flow(p)) + (first + j, first + i)), positions clamped to the image
//
// The (m, m) taps of a position are either given, or n x n coefficients spread over the four neighbors of bilinear samples,
// m = n + 1, which costs no memory: they live on the stack while their position is worked on. Without coefficients n is 1 and the
// coefficient 1: plain bilinear sampling. gfla_tf/ops/sampling.py has the same in keras.ops and says what happens to flows that
// are huge or NaN.
//
// Functions work on a range of rows and write to nothing outside it, in an order that does not depend on the range. So results
// do not depend on how ranges are dealt out to threads, to the last bit.

#ifndef GFLA_SAMPLER_H_
#define GFLA_SAMPLER_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace gfla {

constexpr int kMaxTaps = 64;  // in each axis: as far as limited flows reach, see Split

struct Problem {
  int64_t batch, height, width, channels;  // of the image
  int64_t rows, columns;                   // of the flow
  int64_t taps;                            // m
  int64_t first;                           // offset of the first tap
  int64_t offset;                          // where the flow's pixel (0, 0) lies in the image
  bool spread;                             // coefficients are (m - 1) x (m - 1), to be spread; otherwise they are the taps
  bool plain;                              // there are no coefficients

  int64_t count() const { return plain ? 0 : (taps - spread) * (taps - spread); }  // of coefficients of a position
};

template <typename T>
struct Position {
  int64_t row[kMaxTaps], column[kMaxTaps];  // of the taps, clamped
  T fx, fy;
  bool inside_x, inside_y;  // whether the flow is used as it is, rather than limited

  Position(const Problem& s, const T* flow, int64_t y, int64_t x) {
    const int64_t whole_x = Split(flow[0], s.width + s.columns, &fx, &inside_x) + x + s.offset + s.first;
    const int64_t whole_y = Split(flow[1], s.height + s.rows, &fy, &inside_y) + y + s.offset + s.first;
    for (int64_t i = 0; i < s.taps; ++i) {
      row[i] = std::clamp<int64_t>(whole_y + i, 0, s.height - 1);
      column[i] = std::clamp<int64_t>(whole_x + i, 0, s.width - 1);
    }
  }

  // Whole pixels of a component, its fraction, and whether it was within the limits.
  static int64_t Split(T value, int64_t extent, T* fraction, bool* inside) {
    if (std::isnan(value)) {
      *fraction = value;
      *inside = true;
      return -extent - 64;
    }
    const T limit = static_cast<T>(extent + 64);
    const T limited = std::clamp(value, -limit, limit);
    const T whole = std::floor(limited);
    *fraction = limited - whole;
    *inside = limited == value;
    return static_cast<int64_t>(whole);
  }
};

// The taps (m, m) of a position.
template <typename T>
void MakeTaps(const Problem& s, const Position<T>& p, const T* coefficients, T* taps) {
  const int64_t m = s.taps, n = m - 1;
  if (!s.spread) {
    std::copy(coefficients, coefficients + m * m, taps);
    return;
  }
  const T one = 1;
  std::fill(taps, taps + m * m, T(0));
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      const T c = s.plain ? one : coefficients[i * n + j];
      const T left = c * (1 - p.fx), right = c * p.fx;
      T* tap = taps + i * m + j;
      tap[0] += left * (1 - p.fy);
      tap[1] += right * (1 - p.fy);
      tap[m] += left * p.fy;
      tap[m + 1] += right * p.fy;
    }
  }
}

// Sixteen channels at a time: what the compiler turns into the widest registers there are.
template <typename T>
struct Lanes {
  static constexpr int64_t kCount = 16;
  typedef T Vector __attribute__((vector_size(sizeof(T) * kCount)));
  Vector v;

  static Lanes Zero() { return {Vector{}}; }
  static Lanes Load(const T* from) {
    Lanes lanes;
    std::memcpy(&lanes.v, from, sizeof(Vector));
    return lanes;
  }
  void Store(T* to) const { std::memcpy(to, &v, sizeof(Vector)); }
  void Add(T factor, const T* from) { v += factor * Load(from).v; }
  T Sum() const {
    T sum = 0;
    for (int64_t i = 0; i < kCount; ++i) sum += v[i];
    return sum;
  }
};

// `blocks` times sixteen channels of one result.
template <typename T, int blocks>
void Gather(const Problem& s, const T* const* pixels, const T* taps, int64_t channel, T* result) {
  using L = Lanes<T>;
  L sum[blocks];
  for (int k = 0; k < blocks; ++k) sum[k] = L::Zero();
  for (int64_t t = 0; t < s.taps * s.taps; ++t) {
    const T* from = pixels[t] + channel;
    for (int k = 0; k < blocks; ++k) sum[k].Add(taps[t], from + k * L::kCount);
  }
  for (int k = 0; k < blocks; ++k) sum[k].Store(result + channel + k * L::kCount);
}

// Rows [begin, end) of batch x rows of the result.
template <typename T>
void Forward(const Problem& s, const T* image, const T* flow, const T* coefficients, T* result, int64_t begin,
             int64_t end) {
  constexpr int64_t kLanes = Lanes<T>::kCount;
  T taps[kMaxTaps * kMaxTaps];
  const T* pixels[kMaxTaps * kMaxTaps];
  for (int64_t r = begin; r < end; ++r) {
    const T* sample = image + r / s.rows * s.height * s.width * s.channels;
    for (int64_t x = 0; x < s.columns; ++x) {
      const int64_t at = r * s.columns + x;
      const Position<T> p(s, flow + 2 * at, r % s.rows, x);
      MakeTaps(s, p, coefficients + at * s.count(), taps);
      for (int64_t i = 0; i < s.taps; ++i)
        for (int64_t j = 0; j < s.taps; ++j)
          pixels[i * s.taps + j] = sample + (p.row[i] * s.width + p.column[j]) * s.channels;
      T* to = result + at * s.channels;
      int64_t c = 0;
      for (; c + 4 * kLanes <= s.channels; c += 4 * kLanes) Gather<T, 4>(s, pixels, taps, c, to);
      for (; c + kLanes <= s.channels; c += kLanes) Gather<T, 1>(s, pixels, taps, c, to);
      for (; c < s.channels; ++c) {
        T sum = 0;
        for (int64_t t = 0; t < s.taps * s.taps; ++t) sum += taps[t] * pixels[t][c];
        to[c] = sum;
      }
    }
  }
}

template <typename T>
T Dot(const T* a, const T* b, int64_t count) {
  using L = Lanes<T>;
  L even = L::Zero(), odd = L::Zero();
  int64_t c = 0;
  for (; c + 2 * L::kCount <= count; c += 2 * L::kCount) {
    even.v += L::Load(a + c).v * L::Load(b + c).v;
    odd.v += L::Load(a + c + L::kCount).v * L::Load(b + c + L::kCount).v;
  }
  for (; c + L::kCount <= count; c += L::kCount) even.v += L::Load(a + c).v * L::Load(b + c).v;
  even.v += odd.v;
  T sum = c ? even.Sum() : T(0);
  for (; c < count; ++c) sum += a[c] * b[c];
  return sum;
}

// Rows [begin, end) of batch x rows of the gradients of the flow and of the coefficients (null where there are none).
template <typename T>
void BackwardToTaps(const Problem& s, const T* image, const T* flow, const T* coefficients, const T* upstream,
                    T* to_flow, T* to_coefficients, int64_t begin, int64_t end) {
  T taps[kMaxTaps * kMaxTaps];
  const int64_t m = s.taps, n = m - 1;
  for (int64_t r = begin; r < end; ++r) {
    const T* sample = image + r / s.rows * s.height * s.width * s.channels;
    for (int64_t x = 0; x < s.columns; ++x) {
      const int64_t at = r * s.columns + x;
      const Position<T> p(s, flow + 2 * at, r % s.rows, x);
      const T* gradient = upstream + at * s.channels;
      for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < m; ++j)
          taps[i * m + j] = Dot(gradient, sample + (p.row[i] * s.width + p.column[j]) * s.channels, s.channels);
      T* of_coefficients = to_coefficients + at * s.count();
      if (!s.spread) {
        std::copy(taps, taps + m * m, of_coefficients);
        to_flow[2 * at] = to_flow[2 * at + 1] = 0;
        continue;
      }
      T dx = 0, dy = 0;
      for (int64_t i = 0; i < n; ++i) {
        for (int64_t j = 0; j < n; ++j) {
          const T* tap = taps + i * m + j;
          const T c = s.plain ? T(1) : coefficients[at * s.count() + i * n + j];
          const T left = tap[0] * (1 - p.fy) + tap[m] * p.fy, right = tap[1] * (1 - p.fy) + tap[m + 1] * p.fy;
          const T upper = tap[0] * (1 - p.fx) + tap[1] * p.fx, lower = tap[m] * (1 - p.fx) + tap[m + 1] * p.fx;
          dx += c * (right - left);
          dy += c * (lower - upper);
          if (!s.plain) of_coefficients[i * n + j] = left * (1 - p.fx) + right * p.fx;
        }
      }
      to_flow[2 * at] = p.inside_x ? dx : T(0);
      to_flow[2 * at + 1] = p.inside_y ? dy : T(0);
    }
  }
}

// Rows [begin, end) of batch x height of the gradient of the image. Every call looks at all positions of its images and adds up
// what they give to its own rows, so that no two threads ever add to one pixel.
template <typename T>
void BackwardToImage(const Problem& s, const T* flow, const T* coefficients, const T* upstream, T* to_image,
                     int64_t begin, int64_t end) {
  using L = Lanes<T>;
  T taps[kMaxTaps * kMaxTaps];
  const int64_t row_size = s.width * s.channels;
  std::fill(to_image + begin * row_size, to_image + end * row_size, T(0));
  for (int64_t b = begin / s.height; b * s.height < end; ++b) {
    const int64_t top = std::max<int64_t>(begin - b * s.height, 0), bottom = std::min(end - b * s.height, s.height);
    T* sample = to_image + b * s.height * row_size;
    for (int64_t y = 0; y < s.rows; ++y) {
      for (int64_t x = 0; x < s.columns; ++x) {
        const int64_t at = (b * s.rows + y) * s.columns + x;
        const Position<T> p(s, flow + 2 * at, y, x);
        if (p.row[s.taps - 1] < top || p.row[0] >= bottom) continue;
        MakeTaps(s, p, coefficients + at * s.count(), taps);
        const T* gradient = upstream + at * s.channels;
        for (int64_t i = 0; i < s.taps; ++i) {
          if (p.row[i] < top || p.row[i] >= bottom) continue;
          for (int64_t j = 0; j < s.taps; ++j) {
            const T tap = taps[i * s.taps + j];
            T* to = sample + p.row[i] * row_size + p.column[j] * s.channels;
            int64_t c = 0;
            for (; c + L::kCount <= s.channels; c += L::kCount) {
              L sum = L::Load(to + c);
              sum.Add(tap, gradient + c);
              sum.Store(to + c);
            }
            for (; c < s.channels; ++c) to[c] += tap * gradient[c];
          }
        }
      }
    }
  }
}

}  // namespace gfla

#endif  // GFLA_SAMPLER_H_
