// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;

class BarChartTest {
    private static final BarChart CHART = new BarChart(
            "ours & theirs",
            "a <machine>",
            List.of(
                    new BarChart.Group(
                            "first",
                            List.of(
                                    new BarChart.Column(
                                            "x",
                                            new Spread(2, 1, 4),
                                            Optional.of(Bound.atLeast(1))),
                                    new BarChart.Column(
                                            "y", new Spread(1, 1, 1), Optional.empty()))),
                    new BarChart.Group(
                            "second",
                            List.of(new BarChart.Column(
                                    "x",
                                    new Spread(0.5, 0.5, 0.5),
                                    Optional.of(Bound.atLeast(3)))))));

    @Test
    void eachRatioIsABarAsLongAsItIsLarge() throws Exception {
        List<Element> bars = ofClass(parse(CHART), "rect", "bar");

        assertThat(bars).hasSize(3);
        double unit = number(bars.get(1), "width");
        assertThat(number(bars.get(0), "width")).isEqualTo(2 * unit);
        assertThat(number(bars.get(2), "width")).isEqualTo(unit / 2);
        assertThat(bars.get(0).getAttribute("fill")).isNotEqualTo(bars.get(2).getAttribute("fill"));
    }

    @Test
    void whiskersShowTheSpreadAndMarksTheBound() throws Exception {
        Document document = parse(CHART);
        Element bar = ofClass(document, "rect", "bar").getFirst();
        double unit = number(bar, "width") / 2;
        Element whisker = ofClass(document, "line", "whisker").getFirst();
        List<Element> bounds = ofClass(document, "line", "bound");
        Element one = ofClass(document, "line", "one").getFirst();

        assertThat(number(whisker, "x1")).isEqualTo(number(bar, "x") + unit);
        assertThat(number(whisker, "x2")).isEqualTo(number(bar, "x") + 4 * unit);
        assertThat(bounds).hasSize(2);
        assertThat(number(bounds.getFirst(), "x1")).isEqualTo(number(one, "x1"));
        assertThat(number(bounds.getLast(), "x1")).isEqualTo(number(bar, "x") + 3 * unit);
    }

    @Test
    void allOfItLiesInThePicture() throws Exception {
        Document document = parse(CHART);
        double height = number(document.getDocumentElement(), "height");

        assertThat(ofClass(document, "rect", "bar"))
                .allMatch(bar -> number(bar, "y") + number(bar, "height") < height);
        assertThat(document.getDocumentElement().getTextContent())
                .contains("ours & theirs", "a <machine>", "first / x", "0.50 [0.50-0.50] missed");
    }

    @Test
    void theReportDrawsSpeedsOfAllPointsAndWhatElseHasABar() {
        Comparison comparison = new Comparison();
        String point = "cached, random read 4 KiB, window 1";
        comparison.add(point, "etherbay", Samples.of(200, 1));
        comparison.add(point, "vblade", Samples.of(100, 1));
        comparison.add("another", "etherbay", Samples.of(200, 1));
        comparison.add("another", "fio", Samples.of(100, 1));

        BarChart chart = new TargetReport(comparison, Map.of(), Map.of()).chart();

        assertThat(chart.groups())
                .extracting(BarChart.Group::label)
                .containsExactly(point, "another", point + ", p50");
    }

    private static Document parse(BarChart chart)
            throws ParserConfigurationException, SAXException, IOException {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(chart.toSvg())));
    }

    private static List<Element> ofClass(Document document, String tag, String kind) {
        NodeList all = document.getElementsByTagName(tag);
        List<Element> found = new ArrayList<>();
        for (int index = 0; index < all.getLength(); index++) {
            if (all.item(index) instanceof Element element
                    && element.getAttribute("class").equals(kind)) {
                found.add(element);
            }
        }
        return found;
    }

    private static double number(Element element, String attribute) {
        return Double.parseDouble(element.getAttribute(attribute));
    }
}
