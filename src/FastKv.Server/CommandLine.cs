// The command line, read as redis-server reads it (control plane): an optional file first, then options that become lines of
// configuration ("--port 6380" is the line "port 6380"), and '-' first or last for more lines on standard input.
using System.Text;
using FastKv.Engine.Configuration;

namespace FastKv.Server;

/// <summary>What the command line asks for.</summary>
internal sealed class CommandLine
{
    private CommandLine(string? configFile, bool readStandardInput, string? lines)
    {
        ConfigFile = configFile;
        ReadStandardInput = readStandardInput;
        Lines = lines;
    }

    /// <summary>The configuration file, or null.</summary>
    public string? ConfigFile { get; }

    /// <summary>Whether standard input holds configuration lines.</summary>
    public bool ReadStandardInput { get; }

    /// <summary>The options as configuration lines (Latin-1 text), or null.</summary>
    public string? Lines { get; }

    /// <summary>Whether anything was given at all.</summary>
    public bool HasConfiguration { get; private init; }

    /// <summary>Reads the arguments, the program's name not among them.</summary>
    public static CommandLine Parse(string[] arguments)
    {
        int at = 0;
        string? file = null;
        if (arguments.Length > 0 && !arguments[0].StartsWith('-'))
            file = arguments[at++];

        bool readStandardInput = false;
        bool mayBeName = true;
        var lines = new StringBuilder();
        for (; at < arguments.Length; at++)
        {
            string argument = ConfigText.FromPath(arguments[at]);
            bool isLast = at == arguments.Length - 1;
            if (argument == "-" && (at == 0 || isLast))
                readStandardInput = true;
            else if (mayBeName && argument.StartsWith("--", StringComparison.Ordinal))
                mayBeName = AppendName(lines, argument, isLast ? null : arguments[at + 1]);
            else
            {
                lines.Append(ConfigText.Quote(argument)).Append(' ');
                mayBeName = true;
            }
        }
        return new CommandLine(file, readStandardInput, lines.Length > 0 ? lines.ToString() : null) { HasConfiguration = arguments.Length > 0 };
    }

    /// <summary>
    /// Begins a line. Returns whether the next argument may be a name again: after a bare name it is a value, even if it begins with
    /// dashes, except that a "--save" with nothing after it saves nothing.
    /// </summary>
    private static bool AppendName(StringBuilder lines, string argument, string? next)
    {
        if (lines.Length > 0)
            lines.Append('\n');
        lines.Append(argument, 2, argument.Length - 2).Append(' ');
        if (ConfigText.SplitWords(argument) is not { Count: 1 })
            return true;
        bool isSave = argument.Equals("--save", StringComparison.OrdinalIgnoreCase);
        bool nextIsName = next is not null && next.StartsWith("--", StringComparison.Ordinal);
        if (isSave && (next is null || nextIsName))
            lines.Append("\"\"");
        return isSave && nextIsName;
    }
}
