using System.Text;
using FastKv.Engine.Configuration;

namespace FastKv.Server.Check;

// Control plane. The tools for files: what is called fastkv-check is this program under another name (as redis-check-rdb and redis-check-aof are redis-server
// under other names), and the server takes the same words as its first argument.
//
//   fastkv-check check-rdb <file>            fastkv-server check-rdb <file>        redis-check-rdb -> fastkv-server
//   fastkv-check check-aof [--fix] <file>    fastkv-server check-aof …             redis-check-aof -> fastkv-server
//   fastkv-check info <file>                 fastkv-server info …

/// <summary>Chooses the tool.</summary>
internal static class CheckProgram
{
    /// <summary>The file is sound, or was mended.</summary>
    internal const int Sound = 0;

    /// <summary>The file is damaged or cannot be read, or the call is wrong.</summary>
    internal const int Failed = 1;

    private const string Name = "fastkv-check";
    private const string RdbName = "check-rdb";
    private const string AofName = "check-aof";
    private const string InfoName = "info";

    internal const string Usage = """
        Usage: fastkv-check check-rdb <rdb-file-name>
               fastkv-check check-aof [--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>
               fastkv-check info [--json] [--top <count>] [--prefix-separator <text>] <file.rdb|file.manifest|file.aof|directory>
               fastkv-check -v or --version
               fastkv-check -h or --help

        check-rdb and check-aof take the options of redis-check-rdb and redis-check-aof, and say the same. A journal
        that several shards have written is cut in all its files at once, to the last instant at which it was whole.
        info counts keys, types, memory and times to live, reading a file once and one value at a time.
        The exit code is 0 if the file is sound (or was mended), else 1.

        """;

    /// <summary>Runs a tool if the program's name or the first argument asks for one; else null.</summary>
    /// <param name="program">What the program was called as.</param>
    /// <param name="arguments">Without the program.</param>
    public static int? Run(string program, string[] arguments)
    {
        string name = Path.GetFileName(program);
        string? tool = name.Contains(RdbName, StringComparison.Ordinal) ? RdbName : name.Contains(AofName, StringComparison.Ordinal) ? AofName : null;
        bool isTool = tool is not null || name.StartsWith(Name, StringComparison.Ordinal);
        if (!isTool && (arguments.Length == 0 || arguments[0] is not (RdbName or AofName or InfoName)))
            return null;
        using var output = new StreamWriter(Console.OpenStandardOutput(), Encoding.Latin1);
        using var error = new StreamWriter(Console.OpenStandardError(), Encoding.Latin1);
        using var input = new StreamReader(Console.OpenStandardInput(), Encoding.Latin1);
        var streams = new CheckStreams(input, output, error);
        return tool is not null ? Run(tool, name, arguments, streams) : Run(arguments, streams);
    }

    /// <summary>Runs the tool that the first argument names.</summary>
    public static int Run(string[] arguments, CheckStreams streams)
    {
        switch (arguments is [var first, ..] ? first : null)
        {
            case RdbName or AofName or InfoName:
                return Run(arguments[0], $"{Name} {arguments[0]}", arguments[1..], streams);
            case "-v" or "--version":
                streams.Output.Write($"{Name} {ServerVersion.FastKvVersion}\n");
                return Sound;
            case "-h" or "--help":
                streams.Output.Write(Usage);
                return Sound;
            default:
                streams.Error.Write(Usage);
                return Failed;
        }
    }

    /// <summary>What this process was called as: the runtime knows only what the name leads to.</summary>
    public static string NameOfProcess()
    {
        try
        {
            string line = File.ReadAllText("/proc/self/cmdline", Encoding.Latin1);
            int end = line.IndexOf('\0', StringComparison.Ordinal);
            return end < 0 ? line : line[..end];
        }
        catch (IOException)
        {
            // Without /proc there are no other names.
            return "";
        }
    }

    private static int Run(string tool, string program, string[] arguments, CheckStreams streams)
    {
        string[] texts = Array.ConvertAll(arguments, ConfigText.FromPath);
        return tool switch
        {
            RdbName => RdbCheckCommand.Run(program, texts, streams),
            AofName => AofCheckCommand.Run(program, texts, streams),
            _ => InfoCommand.Run(texts, streams),
        };
    }
}
