using FastKv.Engine.Commands.Server;

namespace FastKv.Engine.Commands;

/// <summary>What COMMAND DOCS and docs/COMMANDS.md say about a command; loaded when first asked for (control plane).</summary>
internal sealed class CommandDocs
{
    /// <summary>Fields in the order of the generated <c>DocTexts</c>.</summary>
    internal CommandDocs(string[] fields)
    {
        Since = fields[0];
        Summary = fields[1];
        Complexity = fields[2];
        Syntax = fields[3];
        DeprecatedSince = fields[4];
        ReplacedBy = fields[5];
        Differs = fields[6];
        History = Entries(fields[7]);
        Tips = Entries(fields[8]);
        IsSystemCommand = fields[9].Length > 0;
        Handler = fields[10];
    }

    public string Since { get; }
    public string Summary { get; }
    public string Complexity { get; }
    public string Syntax { get; }
    public string DeprecatedSince { get; }
    public string ReplacedBy { get; }
    public string Differs { get; }
    public string[] History { get; }
    public string[] Tips { get; }
    public bool IsSystemCommand { get; }

    /// <summary>Full name of the handling method; empty for a bare container.</summary>
    public string Handler { get; }

    /// <summary>The argument tree; parsed anew by each call.</summary>
    public List<SyntaxArgument> Arguments => SyntaxNotation.Parse(Syntax);

    private static string[] Entries(string text) => text.Length == 0 ? [] : text.Split('\u001E');
}
