// Conic activations in one sweep over memory: forward maps and their reverse derivatives.
//
// A tensor is a run of n numbers, cut into groups of S.  Each group has an axis and a body:
//   colu   axis = first entry, body = the rest           y = (t, c w),     c = clip(t / |w|, 0, 1)
//   rcolu  axis = all ones / sqrt(S), body = what is left  y = t e + c w,  the same c
//   soc    axis and body as colu; the metric projection on the cone |w| <= a t
//
// The file includes nothing, so any C++17 compiler with GNU vector types builds it in about a second.
// Groups that fit a vector are handled in its lanes: sums over a group are lane permutations, and every
// lane of a group ends up with the group's own numbers.  Longer groups are a row of vectors.  All other
// sizes, and pieces with a group whose squares overflow, vanish or are not numbers, take the scalar form,
// which scales first: the maps are homogeneous, f(s x) = s f(x) for s > 0, so a power of two costs nothing.

typedef long long index_t;

enum Kind { COLU = 0, RCOLU = 1, SOC = 2 };

static inline float root(float x) { return __builtin_sqrtf(x); }
static inline double root(double x) { return __builtin_sqrt(x); }

template <class T> struct Limits;
template <> struct Limits<float> {
  static constexpr float tiny = 1.17549435e-38f;           // the smallest normal number
  static constexpr float low = 1e-26f;                     // squares are exact enough from here
  static constexpr float small = 1e-25f, large = 1e25f;    // groups between need no scaling
  static constexpr float up = 0x1p80f, down = 0x1p-80f;
  static constexpr int lanes = 16;
  typedef int lane_t;
};
template <> struct Limits<double> {
  static constexpr double tiny = 2.2250738585072014e-308;
  static constexpr double low = 1e-276;
  static constexpr double small = 1e-250, large = 1e250;
  static constexpr double up = 0x1p800, down = 0x1p-800;
  static constexpr int lanes = 8;
  typedef long long lane_t;
};

// ---------------------------------------------------------------------------------------------- scalar

// The power of two that brings a group out of the reach of overflow and underflow.
template <class T> static T scaling(const T *x, index_t n) {
  T top = 0;
  for (index_t i = 0; i < n; i++) {
    T a = x[i] < 0 ? -x[i] : x[i];
    if (!(a <= top)) top = a;  // a NaN is taken, and is neither small nor large
  }
  return top < Limits<T>::small ? Limits<T>::up : top > Limits<T>::large ? Limits<T>::down : (T)1;
}

// The body's length, scaled by its largest entry.
template <class T> static T length(const T *w, index_t n, T scale, T shift) {
  T top = 0;
  for (index_t i = 0; i < n; i++) {
    T a = w[i] * scale - shift;
    a = a < 0 ? -a : a;
    if (!(a <= top)) top = a;  // a NaN is taken
  }
  if (!(top > 0) || top - top != 0) return top;  // 0, infinity or NaN
  T sum = 0;
  for (index_t i = 0; i < n; i++) {
    T a = (w[i] * scale - shift) / top;
    sum += a * a;
  }
  return top * root(sum);
}

// clip(t / r, 0, 1); a NaN in either stays one, and a vanishing body counts as deep in its half.
template <class T> static T ratio(T t, T r) {
  if (t != t || r != r) return t + r;
  if (t <= 0) return 0;
  return t >= r ? (T)1 : t / r;
}

template <class T> static void scalar_forward(Kind kind, const T *x, T *y, index_t size, T a) {
  const T scale = scaling(x, size), back = 1 / scale;
  if (kind == RCOLU) {
    T mean = 0;
    for (index_t i = 0; i < size; i++) mean += x[i] * scale / (T)size;
    T c = ratio(mean * root((T)size), length(x, size, scale, mean));
    for (index_t i = 0; i < size; i++) y[i] = (mean + c * (x[i] * scale - mean)) * back;
    return;
  }
  T t = x[0] * scale, r = length(x + 1, size - 1, scale, (T)0), c, axis;
  if (kind == COLU) {
    c = ratio(t, r), axis = x[0];
  } else if (r <= a * t) {
    c = 1, axis = x[0];
  } else {
    axis = (t / (1 + a * a)) + (a / (1 + a * a)) * r;
    if (axis < 0) axis = 0;
    c = r > 0 ? a * (axis / r) : axis - axis;  // 0, or NaN if the axis is one
    axis *= back;
  }
  y[0] = axis;
  for (index_t i = 1; i < size; i++) y[i] = c * x[i];
}

template <class T>
static void scalar_backward(Kind kind, const T *x, const T *g, T *d, index_t size, T a) {
  const T scale = scaling(x, size);
  T mean = 0, g_mean = 0, along = 0;
  index_t first = kind == RCOLU ? 0 : 1;
  if (kind == RCOLU)
    for (index_t i = 0; i < size; i++) mean += x[i] * scale / (T)size, g_mean += g[i] / (T)size;
  T t = kind == RCOLU ? mean * root((T)size) : x[0] * scale;
  T r = length(x + first, size - first, scale, mean);
  const T divisor = r > 0 || r != r ? r : 1;  // dividing: the inverse of a subnormal is infinite
  for (index_t i = first; i < size; i++)
    along += (g[i] - g_mean) * ((x[i] * scale - mean) / divisor);
  if (kind == SOC) {
    if (r <= a * t) {
      for (index_t i = 0; i < size; i++) d[i] = g[i];
      return;
    }
    T s = (t / (1 + a * a)) + (a / (1 + a * a)) * r;
    if (s <= 0) {
      for (index_t i = 0; i < size; i++) d[i] = 0;
      return;
    }
    T k = (g[0] + a * along) / (1 + a * a), c = a * (s / divisor);
    d[0] = k;
    T pull = a * k - c * along;
    for (index_t i = 1; i < size; i++) d[i] = c * g[i] + pull * (x[i] * scale / divisor);
    return;
  }
  T c = ratio(t, r), inside = (t > 0 && t < r) ? along : (T)0;
  if (kind == COLU) {
    d[0] = g[0] + inside;
    for (index_t i = 1; i < size; i++) d[i] = c * g[i] - (inside * c) * (x[i] * scale / divisor);
  } else {
    T on_axis = g_mean + inside / root((T)size);
    for (index_t i = 0; i < size; i++)
      d[i] = on_axis + c * (g[i] - g_mean) -
             (inside * c) * ((x[i] * scale - mean) / divisor);
  }
}

#if defined(__GNUC__) && !defined(__clang__)
#define FIELDCHECK_VECTORS 1
// ---------------------------------------------------------------------------------------------- vectors

template <class T> struct Vec {
  typedef T type __attribute__((vector_size(64)));
  typedef T loose __attribute__((vector_size(64), aligned(sizeof(T)), may_alias));
  typedef typename Limits<T>::lane_t lanes __attribute__((vector_size(64)));
};

template <class T> using V = typename Vec<T>::type;
template <class T> using M = typename Vec<T>::lanes;

template <class T> static inline V<T> load(const T *p) {
  return *(const typename Vec<T>::loose *)p;
}
template <class T> static inline void store(T *p, V<T> v) { *(typename Vec<T>::loose *)p = v; }
template <class T> static inline V<T> all(T x) { return V<T>{} + x; }
template <class T> static inline V<T> larger(V<T> a, V<T> b) { return a > b ? a : b; }
template <class T> static inline V<T> smaller(V<T> a, V<T> b) { return a < b ? a : b; }
template <class T> static inline V<T> roots(V<T> v) {
  for (int i = 0; i < Limits<T>::lanes; i++) v[i] = root(v[i]);
  return v;
}

// Lane i meets lane i ^ step.
template <class T, int step> static inline V<T> swapped(V<T> v) {
  M<T> order;
  for (int i = 0; i < Limits<T>::lanes; i++) order[i] = i ^ step;
  return __builtin_shuffle(v, order);
}

// In each lane the sum over its group of S lanes.
template <class T, int S> static inline V<T> group_sum(V<T> v) {
  if constexpr (S >= 2) v += swapped<T, 1>(v);
  if constexpr (S >= 4) v += swapped<T, 2>(v);
  if constexpr (S >= 8) v += swapped<T, 4>(v);
  if constexpr (S >= 16) v += swapped<T, 8>(v);
  return v;
}

// In each lane the first entry of its group of S lanes.
template <class T, int S> static inline V<T> group_first(V<T> v) {
  M<T> order;
  for (int i = 0; i < Limits<T>::lanes; i++) order[i] = i / S * S;
  return __builtin_shuffle(v, order);
}

template <class T, int S> static inline V<T> first_lanes() {
  V<T> v;
  for (int i = 0; i < Limits<T>::lanes; i++) v[i] = i % S == 0 ? (T)1 : (T)0;
  return v;
}

// Watches over the squares of a piece's groups.  The sum stays 0 until one is infinite or no number.
template <class T> struct Watch {
  V<T> sum = V<T>{}, least = all<T>(1);
  inline void see(V<T> squares, V<T> more) {
    sum += (squares + more) * all<T>(0);
    least = smaller<T>(squares, least);
  }
  inline bool broken() const {
    bool any = false;
    for (int i = 0; i < Limits<T>::lanes; i++) any |= sum[i] != sum[i];
    return any;
  }
  inline bool low() const {
    bool any = false;
    for (int i = 0; i < Limits<T>::lanes; i++) any |= least[i] < Limits<T>::low;
    return any;
  }
};

// Whether squares are low because of a group that is small and not zero: zeros are common, and exact.
// A group is S lanes, or several whole vectors.
template <class T, int S> static bool vanishing(const T *x, index_t n, index_t size) {
  constexpr int W = Limits<T>::lanes;
  V<T> least = all<T>(1);
  for (index_t i = 0; i < n; i += size) {
    V<T> squares = all<T>(0);
    M<T> bits{};
    for (index_t j = 0; j < size; j += W) {
      const V<T> v = load<T>(x + i + j);
      squares += v * v;
      bits |= (M<T>)v;
    }
    least = smaller<T>((V<T>)bits != all<T>(0) ? group_sum<T, S>(squares) : all<T>(1), least);
  }
  bool any = false;
  for (int i = 0; i < W; i++) any |= least[i] < Limits<T>::low;
  return any;
}

// What every lane of a group knows: axis coordinate, body length, and its inverse.  The inverse is kept
// finite, so that a vanishing body gives zeros and not 0 times infinity.
template <class T> struct Group {
  V<T> t, r, inverse;
};

template <class T> static inline Group<T> measured(V<T> t, V<T> squares) {
  V<T> r = roots<T>(squares);
  return {t, r, all<T>(1) / larger<T>(r, all<T>(Limits<T>::tiny))};
}

// Coefficients of y = x * (axis, body) lanes; for soc the axis is replaced.
template <class T, Kind kind>
static inline void coefficients(const Group<T> &q, V<T> a, V<T> shrink, V<T> &axis, V<T> &body) {
  const V<T> zero = all<T>(0), one = all<T>(1);
  if constexpr (kind == SOC) {
    const V<T> s = larger<T>((q.t + a * q.r) * shrink, zero);
    const M<T> in = q.r <= a * q.t;
    axis = in ? q.t : s;
    body = in ? one : a * s * q.inverse;
  } else {
    axis = q.t;
    body = smaller<T>(larger<T>(q.t, zero) * q.inverse, one);
  }
}

// The derivative: d_axis = new axis entry; d_body = body * g + pull * w.
template <class T, Kind kind>
static inline void derivative(const Group<T> &q, V<T> g_axis, V<T> along, V<T> a, V<T> shrink,
                              V<T> &axis, V<T> &body, V<T> &pull) {
  const V<T> zero = all<T>(0), one = all<T>(1);
  if constexpr (kind == SOC) {
    const V<T> s = (q.t + a * q.r) * shrink, k = (g_axis + a * along) * shrink;
    const V<T> c = a * s * q.inverse;
    const M<T> in = q.r <= a * q.t, out = s <= zero;
    axis = in ? g_axis : (out ? zero : k);
    body = in ? one : (out ? zero : c);
    pull = (in | out) ? zero : (a * k - c * along) * q.inverse;
  } else {
    body = smaller<T>(larger<T>(q.t, zero) * q.inverse, one);
    const V<T> inside = ((q.t > zero) & (q.t < q.r)) ? along : zero;
    axis = g_axis + inside;
    pull = -inside * body * q.inverse;
  }
}

// Groups of S lanes, S a divisor of the vector.  Returns whether some group needs the scalar form.
template <class T, Kind kind, int S>
static bool lanes_forward(const T *x, T *y, index_t n, T opening) {
  constexpr int W = Limits<T>::lanes;
  const V<T> first = first_lanes<T, S>(), rest = all<T>(1) - first;
  const V<T> a = all<T>(opening), shrink = all<T>(1 / (1 + opening * opening));
  const T length_of_ones = root((T)S);
  Watch<T> watch;
  for (index_t i = 0; i < n; i += W) {
    const V<T> v = load<T>(x + i);
    V<T> axis, body;
    if constexpr (kind == RCOLU) {
      const V<T> mean = group_sum<T, S>(v) * all<T>((T)1 / S), w = v - mean;
      const V<T> rr = group_sum<T, S>(w * w), t = mean * all<T>(length_of_ones);
      watch.see(rr + t * t, all<T>(0));
      coefficients<T, kind>(measured<T>(t, rr), a, shrink, axis, body);
      store<T>(y + i, mean + body * w);
    } else {
      const V<T> t = group_first<T, S>(v), w = v * rest;
      const V<T> rr = group_sum<T, S>(w * w);
      watch.see(rr + t * t, all<T>(0));
      coefficients<T, kind>(measured<T>(t, rr), a, shrink, axis, body);
      store<T>(y + i, first * axis + body * w);
    }
  }
  return watch.broken() || (watch.low() && vanishing<T, S>(x, n, W));
}

template <class T, Kind kind, int S>
static bool lanes_backward(const T *x, const T *g, T *d, index_t n, T opening) {
  constexpr int W = Limits<T>::lanes;
  const V<T> first = first_lanes<T, S>(), rest = all<T>(1) - first;
  const V<T> a = all<T>(opening), shrink = all<T>(1 / (1 + opening * opening));
  const T length_of_ones = root((T)S);
  Watch<T> watch;
  for (index_t i = 0; i < n; i += W) {
    const V<T> v = load<T>(x + i), h = load<T>(g + i);
    V<T> axis, body, pull;
    if constexpr (kind == RCOLU) {
      const V<T> part = all<T>((T)1 / S);
      const V<T> mean = group_sum<T, S>(v) * part, w = v - mean, t = mean * all<T>(length_of_ones);
      const V<T> g_mean = group_sum<T, S>(h) * part, rr = group_sum<T, S>(w * w);
      const Group<T> q = measured<T>(t, rr);
      const V<T> product = group_sum<T, S>(w * h), along = product * q.inverse;
      watch.see(rr + t * t, product);
      derivative<T, kind>(q, g_mean * all<T>(length_of_ones), along, a, shrink, axis, body, pull);
      store<T>(d + i, axis * all<T>(1 / length_of_ones) + body * (h - g_mean) + pull * w);
    } else {
      const V<T> t = group_first<T, S>(v), w = v * rest, rr = group_sum<T, S>(w * w);
      const Group<T> q = measured<T>(t, rr);
      const V<T> product = group_sum<T, S>(w * h), along = product * q.inverse;
      watch.see(rr + t * t, product);
      derivative<T, kind>(q, group_first<T, S>(h), along, a, shrink, axis, body, pull);
      store<T>(d + i, first * axis + rest * body * h + pull * w);
    }
  }
  return watch.broken() || (watch.low() && vanishing<T, S>(x, n, W));
}

// Groups of several whole vectors.
template <class T, Kind kind>
static bool rows_forward(const T *x, T *y, index_t n, index_t S, T opening) {
  constexpr int W = Limits<T>::lanes;
  const V<T> first = first_lanes<T, W>(), rest = all<T>(1) - first, one = all<T>(1);
  const V<T> a = all<T>(opening), shrink = all<T>(1 / (1 + opening * opening));
  const T length_of_ones = root((T)S);
  Watch<T> watch;
  for (index_t i = 0; i < n; i += S) {
    V<T> mean = all<T>(0), t, rr = all<T>(0), axis, body;
    if constexpr (kind == RCOLU) {
      for (index_t j = 0; j < S; j += W) mean += load<T>(x + i + j);
      mean = group_sum<T, W>(mean) * all<T>((T)1 / S);
      t = mean * all<T>(length_of_ones);
    } else {
      t = all<T>(x[i]);
    }
    V<T> keep = kind == RCOLU ? one : rest;
    for (index_t j = 0; j < S; j += W) {
      const V<T> w = (load<T>(x + i + j) - mean) * keep;
      rr += w * w;
      keep = one;
    }
    rr = group_sum<T, W>(rr);
    watch.see(rr + t * t, all<T>(0));
    coefficients<T, kind>(measured<T>(t, rr), a, shrink, axis, body);
    for (index_t j = 0; j < S; j += W)
      store<T>(y + i + j, mean + body * (load<T>(x + i + j) - mean));
    if constexpr (kind != RCOLU) y[i] = axis[0];
  }
  return watch.broken() || (watch.low() && vanishing<T, W>(x, n, S));
}

template <class T, Kind kind>
static bool rows_backward(const T *x, const T *g, T *d, index_t n, index_t S, T opening) {
  constexpr int W = Limits<T>::lanes;
  const V<T> first = first_lanes<T, W>(), rest = all<T>(1) - first, one = all<T>(1);
  const V<T> a = all<T>(opening), shrink = all<T>(1 / (1 + opening * opening));
  const T length_of_ones = root((T)S);
  Watch<T> watch;
  for (index_t i = 0; i < n; i += S) {
    V<T> mean = all<T>(0), g_mean = all<T>(0), t, rr = all<T>(0), along = all<T>(0);
    V<T> axis, body, pull;
    if constexpr (kind == RCOLU) {
      for (index_t j = 0; j < S; j += W) mean += load<T>(x + i + j), g_mean += load<T>(g + i + j);
      mean = group_sum<T, W>(mean) * all<T>((T)1 / S);
      g_mean = group_sum<T, W>(g_mean) * all<T>((T)1 / S);
      t = mean * all<T>(length_of_ones);
    } else {
      t = all<T>(x[i]);
    }
    V<T> keep = kind == RCOLU ? one : rest;
    for (index_t j = 0; j < S; j += W) {
      const V<T> w = (load<T>(x + i + j) - mean) * keep;
      rr += w * w;
      along += w * load<T>(g + i + j);
      keep = one;
    }
    rr = group_sum<T, W>(rr);
    const Group<T> q = measured<T>(t, rr);
    along = group_sum<T, W>(along);
    watch.see(rr + t * t, along);
    along *= q.inverse;
    const V<T> g_axis = kind == RCOLU ? g_mean * all<T>(length_of_ones) : all<T>(g[i]);
    derivative<T, kind>(q, g_axis, along, a, shrink, axis, body, pull);
    const V<T> base = kind == RCOLU ? axis * all<T>(1 / length_of_ones) : all<T>(0);
    for (index_t j = 0; j < S; j += W)
      store<T>(d + i + j, base + body * (load<T>(g + i + j) - g_mean) +
                              pull * (load<T>(x + i + j) - mean));
    if constexpr (kind != RCOLU) d[i] = axis[0];
  }
  return watch.broken() || (watch.low() && vanishing<T, W>(x, n, S));
}
#endif

// ------------------------------------------------------------------------------------------------ runs

template <class T> static void scalar_run(Kind kind, const T *x, const T *g, T *y, index_t n,
                                          index_t S, T a) {
  for (index_t i = 0; i < n; i += S)
    if (g) scalar_backward<T>(kind, x + i, g + i, y + i, S, a);
    else scalar_forward<T>(kind, x + i, y + i, S, a);
}

template <class T, Kind kind>
static void run(const T *x, const T *g, T *y, index_t n, index_t S, T a) {
#ifdef FIELDCHECK_VECTORS
  constexpr int W = Limits<T>::lanes;
  // Whole vectors first; what is left over, less than one vector, goes through the scalar form.
  index_t body = S % W == 0 ? n : n / W * W;
  bool odd = true;
#define FIELDCHECK_LANES(SIZE)                                          \
  if constexpr (SIZE < W || (SIZE == W && W <= 16))                     \
    if (S == SIZE)                                                      \
      odd = g ? lanes_backward<T, kind, SIZE>(x, g, y, body, a)         \
              : lanes_forward<T, kind, SIZE>(x, y, body, a);
  FIELDCHECK_LANES(2)
  FIELDCHECK_LANES(4)
  FIELDCHECK_LANES(8)
  FIELDCHECK_LANES(16)
#undef FIELDCHECK_LANES
  if (S > W && S % W == 0)
    odd = g ? rows_backward<T, kind>(x, g, y, n, S, a) : rows_forward<T, kind>(x, y, n, S, a);
  if (!odd) {
    if (body < n) scalar_run<T>(kind, x + body, g ? g + body : g, y + body, n - body, S, a);
    return;
  }
#endif
  scalar_run<T>(kind, x, g, y, n, S, a);
}

template <class T>
static void sweep(int kind, const T *x, const T *g, T *y, index_t n, index_t S, T a, int threads) {
  // Pieces of about 16 KiB, whole groups each: a piece that needs the scalar form is small.
  index_t piece = S * (S < 4096 ? 4096 / S : 1);
  if (Limits<T>::lanes % S == 0) piece = 4096;
  const index_t pieces = (n + piece - 1) / piece;
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (index_t p = 0; p < pieces; p++) {
    const index_t at = p * piece, left = n - at < piece ? n - at : piece;
    const T *gp = g ? g + at : g;
    if (kind == COLU) run<T, COLU>(x + at, gp, y + at, left, S, a);
    else if (kind == RCOLU) run<T, RCOLU>(x + at, gp, y + at, left, S, a);
    else run<T, SOC>(x + at, gp, y + at, left, S, a);
  }
}

extern "C" {
// n numbers at x in groups of S; g null means forward into y, otherwise the derivative along g into y.
void fieldcheck_conic_f32(int kind, const float *x, const float *g, float *y, index_t n, index_t S,
                          double a, int threads) {
  sweep<float>(kind, x, g, y, n, S, (float)a, threads);
}
void fieldcheck_conic_f64(int kind, const double *x, const double *g, double *y, index_t n,
                          index_t S, double a, int threads) {
  sweep<double>(kind, x, g, y, n, S, a, threads);
}
// What the compiler made of it: 1 for vectors, 2 for threads.
int fieldcheck_conic_features() {
  int features = 0;
#ifdef FIELDCHECK_VECTORS
  features |= 1;
#endif
#ifdef _OPENMP
  features |= 2;
#endif
  return features;
}
}
