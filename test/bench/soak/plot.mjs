/** The samples of a soak as one picture: a panel for each unit, a line for each figure. */
import { writeFileSync } from 'node:fs';
import * as echarts from 'echarts';

const WIDTH = 1200;
const PANEL = 420;
const LEGEND = 300;

/** `samples`: `[{ atMinutes, figures }]`; `panels`: `[{ title, unit, names }]`. Writes an SVG. */
export function plot(file, title, panels, samples) {
  const chart = echarts.init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: WIDTH,
    height: 60 + panels.length * PANEL,
  });
  const top = (panel) => 60 + panel * PANEL;
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    title: [
      { text: title, left: 20, top: 12 },
      ...panels.map((panel, n) => ({ text: panel.title, left: 20, top: top(n) + 4, textStyle: { fontSize: 14 } })),
    ],
    legend: panels.map(({ names }, n) => ({
      data: names,
      orient: 'vertical',
      left: WIDTH - LEGEND + 20,
      top: top(n) + 40,
      icon: 'rect',
      itemHeight: 3,
    })),
    grid: panels.map((_, n) => ({ left: 70, right: LEGEND, top: top(n) + 40, height: PANEL - 110 })),
    xAxis: panels.map((_, n) => ({
      gridIndex: n,
      type: 'value',
      name: 'minutes',
      nameLocation: 'middle',
      nameGap: 26,
      max: ({ max }) => Math.round(max),
    })),
    yAxis: panels.map(({ unit }, n) => ({
      gridIndex: n,
      type: 'value',
      name: unit,
      nameLocation: 'middle',
      nameGap: 44,
      min: 0,
    })),
    series: panels.flatMap(({ names }, n) =>
      names.map((name) => ({
        name,
        type: 'line',
        xAxisIndex: n,
        yAxisIndex: n,
        showSymbol: false,
        lineStyle: { width: 1.5 },
        data: samples
          .filter(({ figures }) => name in figures)
          .map(({ atMinutes, figures }) => [atMinutes, figures[name]]),
      })),
    ),
  });
  writeFileSync(file, chart.renderToSVGString());
  chart.dispose();
}
