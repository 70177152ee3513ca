// Lines over a logarithmic axis as SVG, written by hand as the bars are. Control plane.
using System.Globalization;
using System.Net;
using System.Text;

namespace FastKv.Bench.Reports;

/// <summary>One line.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Values">One per position; NaN for none.</param>
internal sealed record LineSeries(string Name, double[] Values);

/// <summary>Figures over sizes; both axes are logarithmic, so that a power of the size is a straight line and its exponent the slope.</summary>
/// <param name="Title">Above the chart.</param>
/// <param name="Unit">Of the values.</param>
/// <param name="Positions">Sizes, ascending.</param>
/// <param name="Series">The lines.</param>
internal sealed record LineChart(string Title, string Unit, double[] Positions, LineSeries[] Series) : IChart
{
    private const int PlotWidth = 520;
    private const int PlotHeight = 260;
    private const int Top = 44;
    private const int Left = 64;
    private const int Bottom = 44;
    private const int LegendWidth = 250;
    private const int LegendStep = 18;
    private static readonly string[] Colours = ["#1a73e8", "#e8710a", "#188038", "#d93025", "#9334e6", "#12b5cb", "#9aa0a6", "#f29900"];

    /// <inheritdoc/>
    public string ToSvg()
    {
        int width = Left + PlotWidth + LegendWidth, height = Top + PlotHeight + Bottom;
        double[] values = [.. Series.SelectMany(s => s.Values).Where(v => double.IsFinite(v) && v > 0).DefaultIfEmpty(1)];
        var y = new LogAxis(Math.Pow(10, Math.Floor(Math.Log10(values.Min()))), Math.Pow(10, Math.Ceiling(Math.Log10(values.Max() * 1.01))));
        var x = new LogAxis(Positions.Min(), Positions.Max());
        var svg = new StringBuilder();
        Line(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\">");
        Line(svg, $"<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>");
        Line(svg, $"<text x=\"{Left}\" y=\"24\" font-size=\"15\" font-weight=\"bold\" fill=\"#202124\">{Escape(Title)} ({Escape(Unit)})</text>");
        for (double decade = y.Low; decade <= y.High * 1.01; decade *= 10)
        {
            double at = Top + PlotHeight - (y.Share(decade) * PlotHeight);
            Line(svg, $"<line x1=\"{Left}\" y1=\"{at:0.0}\" x2=\"{Left + PlotWidth}\" y2=\"{at:0.0}\" stroke=\"#dadce0\"/>");
            Line(svg, $"<text x=\"{Left - 6}\" y=\"{at + 4:0.0}\" font-size=\"11\" text-anchor=\"end\" fill=\"#202124\">{decade:#,0.###}</text>");
        }
        foreach (double position in Positions)
        {
            double at = Left + (x.Share(position) * PlotWidth);
            Line(svg, $"<text x=\"{at:0.0}\" y=\"{Top + PlotHeight + 18}\" font-size=\"11\" text-anchor=\"middle\" fill=\"#202124\">{position:#,0}</text>");
        }
        Line(svg, $"<text x=\"{Left + (PlotWidth / 2)}\" y=\"{height - 8}\" font-size=\"11\" text-anchor=\"middle\" fill=\"#5f6368\">elements</text>");
        for (int i = 0; i < Series.Length; i++)
            WriteSeries(svg, i, x, y);
        Line(svg, $"</svg>");
        return svg.ToString();
    }

    private static void Line(StringBuilder svg, FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private void WriteSeries(StringBuilder svg, int index, LogAxis x, LogAxis y)
    {
        string colour = Colours[index % Colours.Length];
        var points = new StringBuilder();
        for (int i = 0; i < Positions.Length; i++)
        {
            double value = Series[index].Values[i];
            if (!double.IsFinite(value) || value <= 0)
                continue;
            double left = Left + (x.Share(Positions[i]) * PlotWidth), top = Top + PlotHeight - (y.Share(value) * PlotHeight);
            points.Append(CultureInfo.InvariantCulture, $"{left:0.0},{top:0.0} ");
            Line(svg, $"<circle cx=\"{left:0.0}\" cy=\"{top:0.0}\" r=\"3\" fill=\"{colour}\"/>");
        }
        Line(svg, $"<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
        int legendTop = Top + (index * LegendStep);
        Line(svg, $"<rect x=\"{Left + PlotWidth + 16}\" y=\"{legendTop}\" width=\"11\" height=\"11\" fill=\"{colour}\"/>");
        Line(svg, $"<text x=\"{Left + PlotWidth + 32}\" y=\"{legendTop + 10}\" font-size=\"12\" fill=\"#202124\">{Escape(Series[index].Name)}</text>");
    }

    /// <summary>Where a value lies between the ends.</summary>
    private readonly record struct LogAxis(double Low, double High)
    {
        public double Share(double value) => High > Low ? Math.Log(value / Low) / Math.Log(High / Low) : 0.5;
    }
}
