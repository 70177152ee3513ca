// Grouped bars as SVG, written by hand: no library, no script, readable in any browser and on any background. Control plane.
using System.Globalization;
using System.Net;
using System.Text;

namespace FastKv.Bench.Reports;

/// <summary>One colour of bars.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Values">One per group; NaN for no bar.</param>
internal sealed record BarSeries(string Name, double[] Values);

/// <summary>Groups of bars, with the value above each, and a mark where a target lies.</summary>
/// <param name="Title">Above the chart.</param>
/// <param name="Unit">Of the values.</param>
/// <param name="Groups">Names below the groups.</param>
/// <param name="Series">The colours.</param>
/// <param name="Marks">A target per group, NaN for none; or null.</param>
internal sealed record BarChart(string Title, string Unit, string[] Groups, BarSeries[] Series, double[]? Marks = null) : IChart
{
    private const int BarWidth = 34;
    private const int GroupGap = 30;
    private const int PlotHeight = 220;
    private const int Top = 60;
    private const int Left = 24;
    private const int Bottom = 46;
    private const int CharacterWidth = 7; // of the 12-pixel text, generously
    private const int TitleCharacterWidth = 9;
    private static readonly string[] Colours = ["#9aa0a6", "#1a73e8", "#e8710a", "#188038"];

    /// <summary>The SVG document.</summary>
    public string ToSvg()
    {
        int groupWidth = Math.Max(BarWidth * Series.Length, CharacterWidth * Groups.Max(g => g.Length)) + GroupGap;
        int titleWidth = TitleCharacterWidth * (Title.Length + Unit.Length + 3);
        int width = (2 * Left) + Math.Max(titleWidth, groupWidth * Groups.Length);
        int height = Top + PlotHeight + Bottom;
        double most = Series.SelectMany(s => s.Values).Concat(Marks ?? []).Where(double.IsFinite).DefaultIfEmpty(1).Max();
        double scale = most > 0 ? PlotHeight / most : 0;
        var svg = new StringBuilder();
        Line(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\"");
        Line(svg, $" font-family=\"sans-serif\">");
        Line(svg, $"<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>");
        Line(svg, $"<text x=\"{Left}\" y=\"22\" font-size=\"15\" font-weight=\"bold\" fill=\"#202124\">{Escape(Title)} ({Escape(Unit)})</text>");
        WriteLegend(svg);
        Line(svg, $"<line x1=\"{Left}\" y1=\"{Top + PlotHeight}\" x2=\"{width - Left}\" y2=\"{Top + PlotHeight}\" stroke=\"#5f6368\"/>");
        for (int group = 0; group < Groups.Length; group++)
            WriteGroup(svg, group, Left + (group * groupWidth) + ((groupWidth - (BarWidth * Series.Length)) / 2), scale);
        Line(svg, $"</svg>");
        return svg.ToString();
    }

    private static void Line(StringBuilder svg, FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static string Short(double value)
    {
        string format = value switch { >= 1000 => "#,0", >= 100 => "0", >= 10 => "0.0", >= 1 => "0.00", _ => "0.000" };
        return value.ToString(format, CultureInfo.InvariantCulture);
    }

    private void WriteLegend(StringBuilder svg)
    {
        int x = Left;
        for (int i = 0; i < Series.Length; i++)
        {
            Line(svg, $"<rect x=\"{x}\" y=\"32\" width=\"11\" height=\"11\" fill=\"{Colours[i % Colours.Length]}\"/>");
            Line(svg, $"<text x=\"{x + 16}\" y=\"42\" font-size=\"12\" fill=\"#202124\">{Escape(Series[i].Name)}</text>");
            x += 34 + (Series[i].Name.Length * CharacterWidth);
        }
        if (Marks is null)
            return;
        Line(svg, $"<line x1=\"{x}\" y1=\"38\" x2=\"{x + 12}\" y2=\"38\" stroke=\"#d93025\" stroke-width=\"2\"/>");
        Line(svg, $"<text x=\"{x + 17}\" y=\"42\" font-size=\"12\" fill=\"#202124\">target</text>");
    }

    private void WriteGroup(StringBuilder svg, int group, int x, double scale)
    {
        int bottom = Top + PlotHeight;
        for (int i = 0; i < Series.Length; i++)
        {
            double value = Series[i].Values[group];
            if (!double.IsFinite(value))
                continue;
            double barHeight = Math.Max(value * scale, 0);
            int left = x + (i * BarWidth);
            double y = bottom - barHeight;
            Line(svg, $"<rect x=\"{left}\" y=\"{y:0.0}\" width=\"{BarWidth - 4}\" height=\"{barHeight:0.0}\" fill=\"{Colours[i % Colours.Length]}\"/>");
            int middle = left + ((BarWidth - 4) / 2);
            Line(svg, $"<text x=\"{middle}\" y=\"{y - 4:0.0}\" font-size=\"10\" text-anchor=\"middle\" fill=\"#202124\">{Short(value)}</text>");
        }
        int groupMiddle = x + (Series.Length * BarWidth / 2) - 2;
        Line(svg, $"<text x=\"{groupMiddle}\" y=\"{bottom + 18}\" font-size=\"12\" text-anchor=\"middle\" fill=\"#202124\">{Escape(Groups[group])}</text>");
        if (Marks is null || !double.IsFinite(Marks[group]))
            return;
        double mark = bottom - (Marks[group] * scale);
        int markEnd = x + (Series.Length * BarWidth) + 2;
        Line(svg, $"<line x1=\"{x - 6}\" y1=\"{mark:0.0}\" x2=\"{markEnd}\" y2=\"{mark:0.0}\" stroke=\"#d93025\" stroke-width=\"2\"/>");
    }
}
