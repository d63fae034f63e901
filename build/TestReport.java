// SPDX-License-Identifier: Apache-2.0

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * What {@code ./dev} prints after a run: the counts of each module, each failed test, and each
 * skipped one with its reason. Reads Surefire's reports below the folder given. Ends with 1 when a
 * test failed, when none ran, or when one was skipped and the environment says {@code CI=true}.
 */
public final class TestReport {
    private final Map<String, Counts> modules = new TreeMap<>();
    private final List<String> failed = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();

    public static void main(String[] arguments)
            throws IOException, ParserConfigurationException, SAXException {
        TestReport report = new TestReport();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(Path.of(arguments[0]))) {
            for (Path module : folders) {
                Path reports = module.resolve(".build/surefire-reports");
                if (Files.isDirectory(reports)) {
                    report.readModule(module.getFileName().toString(), reports);
                }
            }
        }
        report.print();
        System.exit(report.isGood("true".equals(System.getenv("CI"))) ? 0 : 1);
    }

    private void readModule(String module, Path reports)
            throws IOException, ParserConfigurationException, SAXException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(reports, "TEST-*.xml")) {
            for (Path file : files) {
                NodeList cases = DocumentBuilderFactory.newDefaultInstance()
                        .newDocumentBuilder()
                        .parse(file.toFile())
                        .getElementsByTagName("testcase");
                for (int i = 0; i < cases.getLength(); i++) {
                    count(module, (Element) cases.item(i));
                }
            }
        }
    }

    private void count(String module, Element test) {
        Counts counts = modules.computeIfAbsent(module, name -> new Counts());
        counts.run++;
        counts.seconds += seconds(test.getAttribute("time"));
        String name = test.getAttribute("classname") + "." + test.getAttribute("name");
        for (String kind : List.of("failure", "error")) {
            if (test.getElementsByTagName(kind).item(0) instanceof Element failure) {
                counts.failed++;
                failed.add(name + ": " + reason(failure));
                return;
            }
        }
        if (test.getElementsByTagName("skipped").item(0) instanceof Element skip) {
            counts.skipped++;
            skipped.add(name + ": " + reason(skip));
        }
    }

    private static String reason(Element outcome) {
        String message = outcome.getAttribute("message");
        String text = message.isBlank() ? outcome.getTextContent() : message;
        return text.isBlank() ? "no reason given" : text.strip().lines().findFirst().orElse("");
    }

    private static double seconds(String text) {
        return text.isEmpty() ? 0 : Double.parseDouble(text.replace(",", ""));
    }

    private void print() {
        Counts all = new Counts();
        modules.forEach((name, counts) -> {
            all.add(counts);
            System.out.println(counts.line(name));
        });
        System.out.println(all.line("all"));
        failed.forEach(test -> System.out.println("FAILED  " + test));
        skipped.forEach(test -> System.out.println("SKIPPED " + test));
    }

    private boolean isGood(boolean skipsFail) {
        if (modules.isEmpty()) {
            System.out.println("FAILED  no test ran");
            return false;
        }
        if (skipsFail && !skipped.isEmpty()) {
            System.out.println("FAILED  CI=true allows no skipped test, see above");
            return false;
        }
        return failed.isEmpty();
    }

    private static final class Counts {
        private int run;
        private int failed;
        private int skipped;
        private double seconds;

        private void add(Counts other) {
            run += other.run;
            failed += other.failed;
            skipped += other.skipped;
            seconds += other.seconds;
        }

        private String line(String name) {
            return "%-10s Tests run: %d, Failures: %d, Skipped: %d, Time: %.1f s"
                    .formatted(name, run, failed, skipped, seconds);
        }
    }
}
