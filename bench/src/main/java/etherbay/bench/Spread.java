// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.Check;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What several rounds of one measurement gave: a median with how far the rounds lie apart. */
record Spread(double median, double min, double max) {
    static Spread of(List<Double> values) {
        Check.that(!values.isEmpty(), "a spread is of at least one value");
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        double median =
                sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }

    static <T> Spread of(List<T> samples, ToDoubleFunction<T> value) {
        return of(samples.stream().map(value::applyAsDouble).toList());
    }

    /** {@code median [min-max]} with that many decimals. */
    String toText(int decimals) {
        String number = "%." + decimals + "f";
        return String.format(
                Locale.ROOT, number + " [" + number + "-" + number + "]", median, min, max);
    }

    /** Thousands, as {@code 12.3k [11.8-12.9k]}. */
    String toKilo() {
        return String.format(Locale.ROOT, "%.1fk [%.1f-%.1fk]", median / 1e3, min / 1e3, max / 1e3);
    }

    Map<String, Object> toJson() {
        return Map.of("median", median, "min", min, "max", max);
    }
}
