// A report as its command knows it. Control plane.
namespace FastKv.Bench.Reports;

/// <summary>What a report is made of.</summary>
/// <param name="Command">First word of the command line.</param>
/// <param name="Purpose">For its help.</param>
/// <param name="Title">Heading.</param>
/// <param name="File">Part of the file names.</param>
/// <param name="Method">How it is measured.</param>
/// <param name="Sections">In their order.</param>
internal sealed record ReportKind(
    string Command, string Purpose, string Title, string File, Func<ReportSettings, string> Method,
    (string Name, Func<ReportSettings, SectionReport> Run)[] Sections);
