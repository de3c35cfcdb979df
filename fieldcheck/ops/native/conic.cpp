// Conic activations in one sweep over memory: forward maps and their reverse derivatives.
//
// A tensor is a run of n numbers, cut into groups of S.  Each group has an axis and a body:
//   colu   axis = first entry, body = the rest           y = (t, c w),     c = clip(t / |w|, 0, 1)
//   rcolu  axis = all ones / sqrt(S), body = what is left  y = t e + c w,  the same c
//   soc    axis and body as colu; the metric projection on the cone |w| <= a t
// Rectified, colu and rcolu give 0 for a group with t <= 0, and have the derivative 0 there.  A NaN makes NaN
// of all that depends on it: the whole derivative, and the whole group but for colu's axis.
//
// The file includes nothing, so any C++17 compiler with GNU vector types builds it in seconds.
// As many groups as a vector has lanes are taken at a time, and what must be known of a group, its length
// and its coefficients, is worked out for all of them at once, a group to each lane.  The sums that lead
// there transpose on the way.  Groups lie within vectors, or are a row of them.  All other sizes, what is
// left over, and pieces with a group whose squares overflow, vanish or are not numbers, take the scalar
// form, which scales first: the maps are homogeneous, f(s x) = s f(x) for s > 0, so a power of two costs
// nothing.

// Bytes of a vector: what the processor has in one register.
#if defined(__AVX512F__)
#define FIELDCHECK_BYTES 64
#elif defined(__AVX2__)
#define FIELDCHECK_BYTES 32
#else
#define FIELDCHECK_BYTES 16
#endif

typedef long long index_t;

// Added to colu or rcolu, RECTIFIED names its rectified form.
enum Kind { COLU = 0, RCOLU = 1, SOC = 2, RECTIFIED = 4 };

static inline float root(float x) { return __builtin_sqrtf(x); }
static inline double root(double x) { return __builtin_sqrt(x); }

template <class T> struct Limits;
template <> struct Limits<float> {
  static constexpr float tiny = 1.17549435e-38f;           // the smallest normal number
  static constexpr float low = 1e-26f;                     // squares are exact enough from here
  static constexpr float small = 1e-25f, large = 1e25f;    // groups between need no scaling
  static constexpr float up = 0x1p80f, down = 0x1p-80f;
  static constexpr int lanes = FIELDCHECK_BYTES / 4;
  typedef int lane_t;
};
template <> struct Limits<double> {
  static constexpr double tiny = 2.2250738585072014e-308;
  static constexpr double low = 1e-276;
  static constexpr double small = 1e-250, large = 1e250;
  static constexpr double up = 0x1p800, down = 0x1p-800;
  static constexpr int lanes = FIELDCHECK_BYTES / 8;
  typedef long long lane_t;
};

// ---------------------------------------------------------------------------------------------- scalar

// The power of two that brings a group out of the reach of overflow and underflow.
template <class T> static T scaling(const T *x, index_t n) {
  T top = 0;
  for (index_t i = 0; i < n; i++) {
    T a = x[i] < 0 ? -x[i] : x[i];
    if (!(a <= top)) top = a;
    if (top != top) break;  // a NaN is neither small nor large
  }
  return top < Limits<T>::small ? Limits<T>::up : top > Limits<T>::large ? Limits<T>::down : (T)1;
}

// The body's length, scaled by its largest entry.
template <class T> static T length(const T *w, index_t n, T scale, T shift) {
  T top = 0;
  for (index_t i = 0; i < n; i++) {
    T a = w[i] * scale - shift;
    a = a < 0 ? -a : a;
    if (!(a <= top)) top = a;
    if (top != top) return top;
  }
  if (!(top > 0) || top - top != 0) return top;  // 0 or infinity
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

template <class T>
static void scalar_forward(Kind kind, bool kept, const T *x, T *y, index_t size, T a) {
  const T scale = scaling(x, size), back = 1 / scale;
  if (kind == RCOLU) {
    T mean = 0;
    for (index_t i = 0; i < size; i++) mean += x[i] * scale / (T)size;
    T c = ratio(mean * root((T)size), length(x, size, scale, mean)), axis = mean;
    if (!kept && mean <= 0) axis = 0;
    for (index_t i = 0; i < size; i++) y[i] = (axis + c * (x[i] * scale - mean)) * back;
    return;
  }
  T t = x[0] * scale, r = length(x + 1, size - 1, scale, (T)0), c, axis;
  if (kind == COLU) {
    c = ratio(t, r), axis = !kept && x[0] <= 0 ? (T)0 : x[0];
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
static void scalar_backward(Kind kind, bool kept, const T *x, const T *g, T *d, index_t size, T a) {
  const T scale = scaling(x, size);
  T mean = 0, g_mean = 0, along = 0;
  index_t first = kind == RCOLU ? 0 : 1;
  if (kind == RCOLU)
    for (index_t i = 0; i < size; i++) mean += x[i] * scale / (T)size, g_mean += g[i] / (T)size;
  T t = kind == RCOLU ? mean * root((T)size) : x[0] * scale;
  T r = length(x + first, size - first, scale, mean);
  if (t != t || r != r) {
    for (index_t i = 0; i < size; i++) d[i] = t + r;
    return;
  }
  const T divisor = r > 0 ? r : 1;  // dividing: the inverse of a subnormal is infinite
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
  const bool flat = !kept && (kind == COLU ? x[0] : t) <= 0;
  if (kind == COLU) {
    d[0] = (flat ? (T)0 : g[0]) + inside;
    for (index_t i = 1; i < size; i++) d[i] = c * g[i] - (inside * c) * (x[i] * scale / divisor);
  } else {
    T on_axis = (flat ? (T)0 : g_mean) + inside / root((T)size);
    for (index_t i = 0; i < size; i++)
      d[i] = on_axis + c * (g[i] - g_mean) -
             (inside * c) * ((x[i] * scale - mean) / divisor);
  }
}

#if defined(__GNUC__)  // clang says so too
#define FIELDCHECK_VECTORS 1
// ---------------------------------------------------------------------------------------------- vectors

template <class T> struct Vec {
  typedef T type __attribute__((vector_size(FIELDCHECK_BYTES)));
  typedef T loose __attribute__((vector_size(FIELDCHECK_BYTES), aligned(sizeof(T)), may_alias));
  typedef typename Limits<T>::lane_t lanes __attribute__((vector_size(FIELDCHECK_BYTES)));
};

template <class T> using V = typename Vec<T>::type;
template <class T> using M = typename Vec<T>::lanes;

template <class T> static inline V<T> load(const T *p) {
  return *(const typename Vec<T>::loose *)p;
}
template <class T> static inline void store(T *p, V<T> v) { *(typename Vec<T>::loose *)p = v; }

// A store past the caches, to a multiple of the vector's size: a plain one reads the line before it
// writes.  What was stored so is in order for others after the fence.
#if defined(__SSE2__)
#define FIELDCHECK_STREAMS 1
template <class T> static inline void stream(T *p, V<T> v) {
#if defined(__clang__)
  __builtin_nontemporal_store(v, (V<T> *)p);
#elif defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) __builtin_ia32_movntps512(p, v);
  else __builtin_ia32_movntpd512(p, v);
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 4) __builtin_ia32_movntps256(p, v);
  else __builtin_ia32_movntpd256(p, v);
#else
  if constexpr (sizeof(T) == 4) __builtin_ia32_movntps(p, v);
  else __builtin_ia32_movntpd(p, v);
#endif
}
static inline void fence() { __builtin_ia32_sfence(); }
#else
#define FIELDCHECK_STREAMS 0
template <class T> static inline void stream(T *p, V<T> v) { store<T>(p, v); }
static inline void fence() {}
#endif

template <class T> static inline void put(T *p, V<T> v, bool past) {
  if (past) stream<T>(p, v);
  else store<T>(p, v);
}

template <class T> static inline V<T> all(T x) { return V<T>{} + x; }
template <class T> static inline V<T> larger(V<T> a, V<T> b) { return a > b ? a : b; }
template <class T> static inline V<T> smaller(V<T> a, V<T> b) { return a < b ? a : b; }

// Numbers known to the compiler, and a function called for each of them.
template <int... j> struct Row {};
template <int n, int... j> struct Upto : Upto<n - 1, n - 1, j...> {};
template <int... j> struct Upto<0, j...> { typedef Row<j...> type; };
template <int n> struct Int {
  static constexpr int at = n;
};
template <class F, int... j> static inline void each(F f, Row<j...>) { (f(Int<j>()), ...); }

// Lane i gets entry Pick::at(i) of the entries of a, followed by those of b.
template <class T, class Pick, int... i>
static inline V<T> shuffled(V<T> a, V<T> b, Row<i...>) {
#if defined(__clang__)
  return __builtin_shufflevector(a, b, Pick::at(i)...);
#else
  return __builtin_shuffle(a, b, M<T>{Pick::at(i)...});
#endif
}
template <class T, class Pick> static inline V<T> shuffled(V<T> a, V<T> b) {
  return shuffled<T, Pick>(a, b, typename Upto<Limits<T>::lanes>::type());
}

// Of two vectors of W lanes, lanes without the bit take from the first, lanes with it from the second:
// their own entry, their partner's, or the first of their group of S lanes.
template <int W, int bit> struct Own {
  static constexpr int at(int i) { return i & bit ? i + W : i; }
};
template <int W, int bit> struct Across {
  static constexpr int at(int i) { return i & bit ? (i ^ bit) + W : i; }
};
template <int W, int bit> struct Partner {
  static constexpr int at(int i) { return i & bit ? i + W : i ^ bit; }
};
template <int W, int S> struct First {
  static constexpr int at(int i) { return i / S * S + (i & 1 ? W : 0); }
};
template <int S, int j> struct Spread {
  static constexpr int at(int i) { return i / S * S + j; }
};

// Of S vectors, get(0) to get(S - 1), of groups of S lanes: lane i has the sum over its group in vector
// i % S.
template <class T, int S, int j = 0, class Get> static inline V<T> group_sums(Get get) {
  if constexpr (S == 1) {
    return get(Int<j>());
  } else {
    constexpr int W = Limits<T>::lanes, half = S / 2;
    const V<T> a = group_sums<T, half, j>(get), b = group_sums<T, half, j + half>(get);
    return shuffled<T, Across<W, half>>(a, b) + shuffled<T, Partner<W, half>>(a, b);
  }
}

// Likewise, the first entry of a group of `size` lanes in lane i, of vector i % size.
template <class T, int size, int S = size, int j = 0, class Get>
static inline V<T> group_firsts(Get get) {
  constexpr int W = Limits<T>::lanes, half = S / 2;
  if constexpr (S == 2) {
    return shuffled<T, First<W, size>>(get(Int<j>()), get(Int<j + 1>()));
  } else {
    const V<T> a = group_firsts<T, size, half, j>(get), b = group_firsts<T, size, half, j + half>(get);
    return shuffled<T, Own<W, half>>(a, b);
  }
}

// Back again: each group of vector j has its number in all its lanes.
template <class T, int S, int j> static inline V<T> spread(V<T> v) {
  return shuffled<T, Spread<S, j>>(v, v);
}

// Which lanes are the first of a group.
template <class T, int S> static inline M<T> first_lanes() {
  M<T> m{};
  for (int i = 0; i < Limits<T>::lanes; i += S) m[i] = -1;
  return m;
}

template <class T> static inline V<T> roots(V<T> v) {
  for (int i = 0; i < Limits<T>::lanes; i++) v[i] = root(v[i]);
  return v;
}

// Watches over the squares of a piece's groups.  The sum stays 0 until one is infinite or no number.
template <class T> struct Watch {
  V<T> sum = V<T>{}, least = all<T>(1);
  inline void see(V<T> squares) {
    sum += squares * all<T>(0);
    least = smaller<T>(squares, least);
  }
  inline void see_too(V<T> products) { sum += products * all<T>(0); }
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
template <class T> static bool vanishing(const T *x, index_t n, index_t size) {
  for (index_t i = 0; i < n; i += size) {
    T squares = 0;
    bool zero = true;
    for (index_t j = 0; j < size; j++) {
      squares += x[i + j] * x[i + j];
      zero &= x[i + j] == 0;
    }
    if (!zero && squares < Limits<T>::low) return true;
  }
  return false;
}

// What is known of a group, a group to each lane: axis coordinate, body length, and its inverse.  The
// inverse is kept finite, so that a vanishing body gives zeros and not 0 times infinity.
template <class T> struct Group {
  V<T> t, r, inverse;
};

template <class T> static inline Group<T> measured(V<T> t, V<T> squares) {
  const V<T> r = roots<T>(squares);
  return {t, r, all<T>(1) / larger<T>(r, all<T>(Limits<T>::tiny))};
}

// What the axis is kept from going below.
template <class T> static inline V<T> lowest(bool kept) {
  return all<T>(kept ? -(T)__builtin_inf() : (T)0);
}

// Coefficients of y = x * (axis, body) lanes; for soc the axis is replaced.
template <class T, Kind kind>
static inline void coefficients(const Group<T> &q, V<T> a, V<T> shrink, V<T> least, V<T> &axis,
                                V<T> &body) {
  const V<T> zero = all<T>(0), one = all<T>(1);
  if constexpr (kind == SOC) {
    const V<T> s = larger<T>((q.t + a * q.r) * shrink, zero);
    const M<T> in = q.r <= a * q.t;
    axis = in ? q.t : s;
    body = in ? one : a * s * q.inverse;
  } else {
    axis = larger<T>(q.t, least);
    body = q.t >= q.r ? one : larger<T>(q.t, zero) * q.inverse;
  }
}

// The derivative: d_axis = new axis entry; d_body = body * g + pull * w.
template <class T, Kind kind>
static inline void derivative(const Group<T> &q, V<T> g_axis, V<T> along, V<T> a, V<T> shrink,
                              M<T> keep, V<T> &axis, V<T> &body, V<T> &pull) {
  const V<T> zero = all<T>(0), one = all<T>(1);
  if constexpr (kind == SOC) {
    const V<T> s = (q.t + a * q.r) * shrink, k = (g_axis + a * along) * shrink;
    const V<T> c = a * s * q.inverse;
    const M<T> in = q.r <= a * q.t, out = s <= zero;
    axis = in ? g_axis : (out ? zero : k);
    body = in ? one : (out ? zero : c);
    pull = (in | out) ? zero : (a * k - c * along) * q.inverse;
  } else {
    const M<T> up = q.t > zero;
    body = (up & (q.t >= q.r)) ? one : larger<T>(q.t, zero) * q.inverse;
    const V<T> inside = (up & (q.t < q.r)) ? along : zero;
    axis = (up | keep) ? g_axis + inside : zero;
    pull = -inside * body * q.inverse;
  }
}

// The part of rcolu's derivative that all entries of a group share, where the rest is body * g + pull * x.
// `inside` is what the body adds on the axis.  Inside the cone it is 0, and the derivative is g.
template <class T>
static inline V<T> along_ones(V<T> inside, V<T> body, V<T> pull, V<T> mean, V<T> g_mean, M<T> keep,
                              index_t S) {
  const V<T> zero = all<T>(0), g_axis = ((mean > zero) | keep) ? g_mean : zero;
  return inside * all<T>(1 / root((T)S)) + (g_axis - body * g_mean) - pull * mean;
}

// Groups of S lanes, S a divisor of the vector.  Returns whether some group needs the scalar form.
template <class T, Kind kind, int S>
static bool lanes_forward(const T *x, T *y, index_t n, T opening, bool kept, bool past) {
  constexpr int W = Limits<T>::lanes;
  const typename Upto<S>::type vectors;
  const M<T> first = first_lanes<T, S>();
  const V<T> a = all<T>(opening), shrink = all<T>(1 / (1 + opening * opening)), zero = all<T>(0);
  const V<T> least = lowest<T>(kept);
  Watch<T> watch;
  for (index_t i = 0; i < n; i += S * W) {
    V<T> v[S], axis, body;
    each([&](auto j) { v[j.at] = load<T>(x + i + j.at * W); }, vectors);
    if constexpr (kind == RCOLU) {
      const V<T> mean = group_sums<T, S>([&](auto j) { return v[j.at]; }) * all<T>((T)1 / S);
      const V<T> t = mean * all<T>(root((T)S));
      const V<T> rr = group_sums<T, S>([&](auto j) {
        const V<T> w = v[j.at] - spread<T, S, j.at>(mean);
        return w * w;
      });
      watch.see(rr + t * t);
      coefficients<T, kind>(measured<T>(t, rr), a, shrink, least, axis, body);
      const V<T> base = larger<T>(mean, least) - body * mean;  // 0 inside the cone, and y = x
      each([&](auto j) {
        const V<T> out = spread<T, S, j.at>(base) + spread<T, S, j.at>(body) * v[j.at];
        put<T>(y + i + j.at * W, out, past);
      }, vectors);
    } else {
      const V<T> t = group_firsts<T, S>([&](auto j) { return v[j.at]; });
      const V<T> rr = group_sums<T, S>([&](auto j) { return first ? zero : v[j.at] * v[j.at]; });
      watch.see(rr + t * t);
      coefficients<T, kind>(measured<T>(t, rr), a, shrink, least, axis, body);
      each([&](auto j) {
        const V<T> front = kind == COLU ? larger<T>(v[j.at], least) : spread<T, S, j.at>(axis);
        put<T>(y + i + j.at * W, first ? front : spread<T, S, j.at>(body) * v[j.at], past);
      }, vectors);
    }
  }
  return watch.broken() || (watch.low() && vanishing<T>(x, n, S));
}

template <class T, Kind kind, int S>
static bool lanes_backward(const T *x, const T *g, T *d, index_t n, T opening, bool kept, bool past) {
  constexpr int W = Limits<T>::lanes;
  const typename Upto<S>::type vectors;
  const M<T> first = first_lanes<T, S>();
  const V<T> a = all<T>(opening), shrink = all<T>(1 / (1 + opening * opening)), zero = all<T>(0);
  const M<T> keep = kept ? ~M<T>{} : M<T>{};
  Watch<T> watch;
  for (index_t i = 0; i < n; i += S * W) {
    V<T> v[S], h[S], w[S], t, g_axis = zero, mean = zero, g_mean = zero, axis, body, pull;
    each([&](auto j) {
      v[j.at] = load<T>(x + i + j.at * W), h[j.at] = load<T>(g + i + j.at * W);
    }, vectors);
    if constexpr (kind == RCOLU) {
      mean = group_sums<T, S>([&](auto j) { return v[j.at]; }) * all<T>((T)1 / S);
      g_mean = group_sums<T, S>([&](auto j) { return h[j.at]; }) * all<T>((T)1 / S);
      t = mean * all<T>(root((T)S));
      each([&](auto j) { w[j.at] = v[j.at] - spread<T, S, j.at>(mean); }, vectors);
    } else {
      t = group_firsts<T, S>([&](auto j) { return v[j.at]; });
      g_axis = group_firsts<T, S>([&](auto j) { return h[j.at]; });
      each([&](auto j) { w[j.at] = first ? zero : v[j.at]; }, vectors);
    }
    const V<T> rr = group_sums<T, S>([&](auto j) { return w[j.at] * w[j.at]; });
    const V<T> product = group_sums<T, S>([&](auto j) { return w[j.at] * h[j.at]; });
    watch.see(rr + t * t), watch.see_too(product);
    const Group<T> q = measured<T>(t, rr);
    derivative<T, kind>(q, g_axis, product * q.inverse, a, shrink, keep, axis, body, pull);
    const V<T> front = kind == RCOLU ? along_ones<T>(axis, body, pull, mean, g_mean, keep, S) : axis;
    each([&](auto j) {
      const V<T> b = spread<T, S, j.at>(front);
      const V<T> base = kind == RCOLU ? b : zero;
      const V<T> out = base + spread<T, S, j.at>(body) * h[j.at] + spread<T, S, j.at>(pull) * v[j.at];
      put<T>(d + i + j.at * W, kind != RCOLU ? (first ? b : out) : out, past);
    }, vectors);
  }
  return watch.broken() || (watch.low() && vanishing<T>(x, n, S));
}

// Groups of several whole vectors.  The last lanes may be without a group.
template <class T, Kind kind>
static bool rows_forward(const T *x, T *y, index_t n, index_t S, T opening, bool kept, bool past) {
  constexpr int W = Limits<T>::lanes;
  const M<T> first = first_lanes<T, W>();
  const V<T> a = all<T>(opening), shrink = all<T>(1 / (1 + opening * opening)), zero = all<T>(0);
  Watch<T> watch;
  const V<T> least = lowest<T>(kept);
  V<T> part[W];
  const auto parts = [&](auto j) { return part[j.at]; };
  for (index_t i = 0; i < n; i += S * W) {
    const index_t groups = n - i < S * W ? (n - i) / S : W;
    V<T> mean = zero, t, axis, body;
    T at_axis[W], at_body[W];
    for (index_t j = groups; j < W; j++) part[j] = all<T>(1);
    if constexpr (kind == RCOLU) {
      for (index_t j = 0; j < groups; j++) {
        V<T> sum = zero;
        for (index_t k = j * S; k < j * S + S; k += W) sum += load<T>(x + i + k);
        part[j] = sum;
      }
      mean = group_sums<T, W>(parts) * all<T>((T)1 / S);
      t = mean * all<T>(root((T)S));
      store<T>(at_axis, mean);
    }
    for (index_t j = 0; j < groups; j++) {
      const T *p = x + i + j * S;
      const V<T> middle = kind == RCOLU ? all<T>(at_axis[j]) : zero;
      V<T> w = load<T>(p) - middle;
      if constexpr (kind != RCOLU) w = first ? zero : w;
      V<T> sum = w * w;
      for (index_t k = W; k < S; k += W) w = load<T>(p + k) - middle, sum += w * w;
      part[j] = sum;
    }
    const V<T> rr = group_sums<T, W>(parts);
    if constexpr (kind != RCOLU) {
      for (index_t j = 0; j < groups; j++) part[j] = load<T>(x + i + j * S);
      t = group_firsts<T, W>(parts);
    }
    watch.see(rr + t * t);
    coefficients<T, kind>(measured<T>(t, rr), a, shrink, least, axis, body);
    store<T>(at_body, body), store<T>(at_axis, kind == RCOLU ? larger<T>(mean, least) - body * mean : axis);
    for (index_t j = 0; j < groups; j++) {
      const T *p = x + i + j * S;
      T *q = y + i + j * S;
      const V<T> c = all<T>(at_body[j]), b = all<T>(at_axis[j]), base = kind == RCOLU ? b : zero;
      const V<T> head = base + c * load<T>(p);
      put<T>(q, kind != RCOLU ? (first ? b : head) : head, past);
      for (index_t k = W; k < S; k += W) put<T>(q + k, base + c * load<T>(p + k), past);
    }
  }
  return watch.broken() || (watch.low() && vanishing<T>(x, n, S));
}

template <class T, Kind kind>
static bool rows_backward(const T *x, const T *g, T *d, index_t n, index_t S, T opening, bool kept, bool past) {
  constexpr int W = Limits<T>::lanes;
  const M<T> first = first_lanes<T, W>();
  const V<T> a = all<T>(opening), shrink = all<T>(1 / (1 + opening * opening)), zero = all<T>(0);
  Watch<T> watch;
  const M<T> keep = kept ? ~M<T>{} : M<T>{};
  V<T> part[W], more[W];
  const auto parts = [&](auto j) { return part[j.at]; };
  const auto mores = [&](auto j) { return more[j.at]; };
  for (index_t i = 0; i < n; i += S * W) {
    const index_t groups = n - i < S * W ? (n - i) / S : W;
    V<T> mean = zero, g_mean = zero, t, axis = zero, body, pull;
    T at_axis[W], at_body[W], at_pull[W];
    for (index_t j = groups; j < W; j++) part[j] = more[j] = all<T>(1);
    if constexpr (kind == RCOLU) {
      for (index_t j = 0; j < groups; j++) {
        V<T> sum = zero, g_sum = zero;
        for (index_t k = j * S; k < j * S + S; k += W)
          sum += load<T>(x + i + k), g_sum += load<T>(g + i + k);
        part[j] = sum, more[j] = g_sum;
      }
      mean = group_sums<T, W>(parts) * all<T>((T)1 / S);
      g_mean = group_sums<T, W>(mores) * all<T>((T)1 / S);
      t = mean * all<T>(root((T)S));
      store<T>(at_axis, mean);
    }
    for (index_t j = 0; j < groups; j++) {
      const T *p = x + i + j * S, *h = g + i + j * S;
      const V<T> middle = kind == RCOLU ? all<T>(at_axis[j]) : zero;
      V<T> w = load<T>(p) - middle;
      if constexpr (kind != RCOLU) w = first ? zero : w;
      V<T> sum = w * w, along = w * load<T>(h);
      for (index_t k = W; k < S; k += W)
        w = load<T>(p + k) - middle, sum += w * w, along += w * load<T>(h + k);
      part[j] = sum, more[j] = along;
    }
    const V<T> rr = group_sums<T, W>(parts), product = group_sums<T, W>(mores);
    if constexpr (kind != RCOLU) {
      for (index_t j = 0; j < groups; j++)
        part[j] = load<T>(x + i + j * S), more[j] = load<T>(g + i + j * S);
      t = group_firsts<T, W>(parts), axis = group_firsts<T, W>(mores);
    }
    const Group<T> q = measured<T>(t, rr);
    watch.see(rr + t * t), watch.see_too(product);
    derivative<T, kind>(q, axis, product * q.inverse, a, shrink, keep, axis, body, pull);
    if constexpr (kind == RCOLU) axis = along_ones<T>(axis, body, pull, mean, g_mean, keep, S);
    store<T>(at_axis, axis), store<T>(at_body, body), store<T>(at_pull, pull);
    for (index_t j = 0; j < groups; j++) {
      const T *p = x + i + j * S, *h = g + i + j * S;
      T *o = d + i + j * S;
      const V<T> b = all<T>(at_axis[j]), c = all<T>(at_body[j]), e = all<T>(at_pull[j]);
      const V<T> base = kind == RCOLU ? b : zero;
      const V<T> head = base + c * load<T>(h) + e * load<T>(p);
      put<T>(o, kind != RCOLU ? (first ? b : head) : head, past);
      for (index_t k = W; k < S; k += W)
        put<T>(o + k, base + c * load<T>(h + k) + e * load<T>(p + k), past);
    }
  }
  return watch.broken() || (watch.low() && vanishing<T>(x, n, S));
}
#endif

// ------------------------------------------------------------------------------------------------ runs

template <class T>
__attribute__((noinline)) static void scalar_run(Kind kind, bool kept, const T *x, const T *g, T *y,
                                                 index_t n, index_t S, T a) {
  for (index_t i = 0; i < n; i += S)
    if (g) scalar_backward<T>(kind, kept, x + i, g + i, y + i, S, a);
    else scalar_forward<T>(kind, kept, x + i, y + i, S, a);
}

template <class T, Kind kind>
static void run(const T *x, const T *g, T *y, index_t n, index_t S, T a, bool kept,
                bool past) {
#ifdef FIELDCHECK_VECTORS
  constexpr int W = Limits<T>::lanes;
  // What is left over, less than a vector of groups that lie within vectors, is scalar.
  const index_t body = S > W ? n : n / (W * S) * (W * S);
  bool odd = true;
#define FIELDCHECK_LANES(SIZE)                                          \
  if constexpr (SIZE <= W)                                              \
    if (S == SIZE)                                                      \
      odd = g ? lanes_backward<T, kind, SIZE>(x, g, y, body, a, kept, past) \
              : lanes_forward<T, kind, SIZE>(x, y, body, a, kept, past);
  FIELDCHECK_LANES(2)
  FIELDCHECK_LANES(4)
  FIELDCHECK_LANES(8)
  FIELDCHECK_LANES(16)
#undef FIELDCHECK_LANES
  if (S > W && S % W == 0)
    odd = g ? rows_backward<T, kind>(x, g, y, n, S, a, kept, past)
            : rows_forward<T, kind>(x, y, n, S, a, kept, past);
  if (!odd) {
    if (body < n) scalar_run<T>(kind, kept, x + body, g ? g + body : g, y + body, n - body, S, a);
    return;
  }
  if (past) fence();  // before the same place is written again
#endif
  scalar_run<T>(kind, kept, x, g, y, n, S, a);
}

template <class T>
static void sweep(int kind, const T *x, const T *g, T *y, index_t n, index_t S, T a, int threads) {
  // Pieces of about 16 KiB, whole groups each: a piece that needs the scalar form is small.
  index_t piece = S * (S < 4096 ? 4096 / S : 1);
  if (Limits<T>::lanes % S == 0) piece = 4096;
  const index_t pieces = (n + piece - 1) / piece;
  void (*f)(const T *, const T *, T *, index_t, index_t, T, bool, bool) =
      kind % 4 == COLU ? run<T, COLU> : kind % 4 == RCOLU ? run<T, RCOLU> : run<T, SOC>;
  bool past = false;
#ifdef FIELDCHECK_VECTORS
  // From this size on a reader finds little of the result in the caches: timed with one that follows.
  past = FIELDCHECK_STREAMS && n >= (index_t)((1 << 24) / sizeof(T)) && (__UINTPTR_TYPE__)y % FIELDCHECK_BYTES == 0;
#endif
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
#pragma omp for schedule(static) nowait
    for (index_t p = 0; p < pieces; p++) {
      const index_t at = p * piece, left = n - at < piece ? n - at : piece;
      f(x + at, g ? g + at : g, y + at, left, S, a, kind < RECTIFIED, past);
    }
#ifdef FIELDCHECK_VECTORS
    if (past) fence();
#endif
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
