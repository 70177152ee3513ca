// What a report can show as a picture. Control plane.
namespace FastKv.Bench.Reports;

/// <summary>A chart that draws itself.</summary>
internal interface IChart
{
    /// <summary>Above the chart, and its text where pictures are not shown.</summary>
    string Title { get; }

    /// <summary>The SVG document.</summary>
    string ToSvg();
}
