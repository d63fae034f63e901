// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.util.Map;
import java.util.stream.Collectors;

/** What a script in the guest reports: lines {@code NAME=NUMBER}; other lines are passed over. */
record DemoFacts(Map<String, Long> numbers) {
    static DemoFacts parse(String text) {
        return new DemoFacts(text.lines()
                .filter(line -> line.matches("[a-z]+=\\d{1,18}"))
                .map(line -> line.split("=", 2))
                .collect(Collectors.toMap(
                        pair -> pair[0], pair -> Long.parseLong(pair[1]), (first, last) -> last)));
    }

    /** The number of that name; that it is missing is an error, for the script was to report it. */
    long number(String name) {
        Long number = numbers.get(name);
        if (number == null) {
            throw DemoRun.wrong(
                    "the guest did not report `" + name + "`", "it reported " + numbers.keySet());
        }
        return number;
    }
}
