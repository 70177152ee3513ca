// The part of a report that one section writes. Control plane.
using System.Globalization;
using System.Text;

namespace FastKv.Bench.Reports;

/// <summary>A figure beside what it has to be.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The figure.</param>
/// <param name="Limit">What it is compared with.</param>
/// <param name="IsMinimum">Whether it has to be at least the limit; else at most.</param>
/// <param name="Unit">Behind both.</param>
internal sealed record Target(string Name, double Value, double Limit, bool IsMinimum, string Unit)
{
    /// <summary>Computed from the figure; an unknown one is not met.</summary>
    public bool IsMet => IsMinimum ? Value >= Limit : Value <= Limit;
}

/// <summary>Text, tables, charts, targets and raw data of a section.</summary>
internal sealed class SectionReport(string name, string title)
{
    private readonly StringBuilder _text = new();

    /// <summary>For --only.</summary>
    public string Name { get; } = name;

    /// <summary>Heading.</summary>
    public string Title { get; } = title;

    /// <summary>Figures with targets.</summary>
    public List<Target> Targets { get; } = [];

    /// <summary>Charts, by file name without extension.</summary>
    public List<(string File, IChart Chart)> Charts { get; } = [];

    /// <summary>Whatever was measured, for the JSON file.</summary>
    public Dictionary<string, object?> Raw { get; } = [];

    /// <summary>Markdown.</summary>
    public string Text => _text.ToString();

    /// <summary>The section's first table, for the README.</summary>
    public string MainTable { get; private set; } = "";

    /// <summary>Adds a paragraph.</summary>
    public void Paragraph(string text) => _text.Append(text.TrimEnd()).Append("\n\n");

    /// <summary>Adds a table; the first row is its head.</summary>
    public void Table(params string[][] rows)
    {
        var table = new StringBuilder();
        for (int i = 0; i < rows.Length; i++)
        {
            table.Append("| ").AppendJoin(" | ", rows[i]).Append(" |\n");
            if (i == 0)
                table.Append('|').AppendJoin('|', rows[0].Select((_, column) => column == 0 ? "---" : "--:")).Append("|\n");
        }
        if (MainTable.Length == 0)
            MainTable = table.ToString();
        _text.Append(table).Append('\n');
    }

    /// <summary>Adds a chart.</summary>
    public void Add(string file, IChart chart) => Charts.Add((file, chart));

    /// <summary>A figure that has to be at least so much.</summary>
    public void AtLeast(string what, double value, double limit, string unit = "") => Targets.Add(new Target(what, value, limit, true, unit));

    /// <summary>A figure that may be at most so much.</summary>
    public void AtMost(string what, double value, double limit, string unit = "") => Targets.Add(new Target(what, value, limit, false, unit));

    /// <summary>A number as text.</summary>
    public static string Number(double value, string format) => double.IsNaN(value) ? "n/a" : value.ToString(format, CultureInfo.InvariantCulture);
}
