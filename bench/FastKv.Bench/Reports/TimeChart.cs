// Lines over time as SVG; both axes are linear and begin at 0. Control plane.
using System.Globalization;
using System.Net;
using System.Text;

namespace FastKv.Bench.Reports;

/// <summary>Figures over time, and a limit.</summary>
/// <param name="Title">Above the chart.</param>
/// <param name="Unit">Of the values.</param>
/// <param name="StepSeconds">Between two values.</param>
/// <param name="Series">The lines.</param>
/// <param name="Limit">A line across; NaN for none.</param>
internal sealed record TimeChart(string Title, string Unit, double StepSeconds, LineSeries[] Series, double Limit) : IChart
{
    private const int PlotWidth = 620;
    private const int PlotHeight = 240;
    private const int Top = 60;
    private const int Left = 56;
    private const int Bottom = 40;
    private const int Right = 24;
    private const int Lines = 4;
    private const int LegendStep = 150;
    private static readonly string[] Colours = ["#1a73e8", "#188038", "#e8710a", "#9334e6"];

    /// <inheritdoc/>
    public string ToSvg()
    {
        int width = Left + PlotWidth + Right, height = Top + PlotHeight + Bottom;
        double most = Series.SelectMany(s => s.Values).Append(Limit).Where(double.IsFinite).DefaultIfEmpty(1).Max() * 1.05;
        int count = Math.Max(2, Series.Max(s => s.Values.Length));
        var svg = new StringBuilder();
        Line(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\">");
        Line(svg, $"<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>");
        Line(svg, $"<text x=\"{Left}\" y=\"24\" font-size=\"15\" font-weight=\"bold\" fill=\"#202124\">{Escape(Title)} ({Escape(Unit)})</text>");
        for (int i = 0; i <= Lines; i++)
        {
            double y = Top + PlotHeight - (PlotHeight * i / (double)Lines), x = Left + (PlotWidth * i / (double)Lines);
            Line(svg, $"<line x1=\"{Left}\" y1=\"{y:0.0}\" x2=\"{Left + PlotWidth}\" y2=\"{y:0.0}\" stroke=\"#dadce0\"/>");
            Line(svg, $"<text x=\"{Left - 6}\" y=\"{y + 4:0.0}\" font-size=\"11\" text-anchor=\"end\" fill=\"#202124\">{most * i / Lines:#,0}</text>");
            string seconds = string.Create(CultureInfo.InvariantCulture, $"{(count - 1) * StepSeconds * i / Lines:#,0} s");
            Line(svg, $"<text x=\"{x:0.0}\" y=\"{Top + PlotHeight + 18}\" font-size=\"11\" text-anchor=\"middle\" fill=\"#202124\">{seconds}</text>");
        }
        for (int i = 0; i < Series.Length; i++)
            WriteSeries(svg, i, most, count);
        if (double.IsFinite(Limit))
        {
            double y = Top + PlotHeight - (PlotHeight * Limit / most);
            Line(svg, $"<line x1=\"{Left}\" y1=\"{y:0.0}\" x2=\"{Left + PlotWidth}\" y2=\"{y:0.0}\" stroke=\"#d93025\" stroke-width=\"2\"/>");
            WriteLegend(svg, Series.Length, "limit", "#d93025");
        }
        Line(svg, $"</svg>");
        return svg.ToString();
    }

    private static void Line(StringBuilder svg, FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static void WriteLegend(StringBuilder svg, int index, string name, string colour)
    {
        int x = Left + (index * LegendStep);
        Line(svg, $"<rect x=\"{x}\" y=\"34\" width=\"11\" height=\"11\" fill=\"{colour}\"/>");
        Line(svg, $"<text x=\"{x + 16}\" y=\"44\" font-size=\"12\" fill=\"#202124\">{Escape(name)}</text>");
    }

    private void WriteSeries(StringBuilder svg, int index, double most, int count)
    {
        string colour = Colours[index % Colours.Length];
        var points = new StringBuilder();
        double[] values = Series[index].Values;
        for (int i = 0; i < values.Length; i++)
        {
            double x = Left + (PlotWidth * i / (double)(count - 1)), y = Top + PlotHeight - (PlotHeight * values[i] / most);
            if (double.IsFinite(values[i]))
                points.Append(CultureInfo.InvariantCulture, $"{x:0.0},{y:0.0} ");
        }
        Line(svg, $"<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
        WriteLegend(svg, index, Series[index].Name, colour);
    }
}
