using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using FastKv.Server.Check;

namespace FastKv.Tests.Persistence;

/// <summary>What a tool said and how it ended.</summary>
internal sealed record CheckResult(int ExitCode, string Output);

/// <summary>Runs the tools for files: ours in this process, Redis's beside it.</summary>
internal static partial class CheckTool
{
    public static CheckResult Ours(string answer, params string[] arguments)
    {
        using var input = new StringReader(answer);
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exitCode = CheckProgram.Run(arguments, new CheckStreams(input, output, error));
        return new CheckResult(exitCode, output.ToString());
    }

    public static CheckResult Theirs(string answer, params string[] arguments) => Execute("redis-" + arguments[0], answer, null, arguments[1..]);

    /// <summary>Runs a program to its end.</summary>
    public static CheckResult Execute(string program, string answer, Action<ProcessStartInfo>? prepare, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1,
        };
        prepare?.Invoke(start);
        using var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        try
        {
            process.StandardInput.Write(answer);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended without a question.
            Debug.Assert(process.HasExited || answer.Length > 0);
        }
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CheckResult(process.ExitCode, output);
    }

    /// <summary>
    /// What both can say alike: without places in Redis's source, log lines, bytes behind the end of a line (Redis shows what was on its stack), and the name
    /// of the one type that Redis 7.0 reads but has no name for.
    /// </summary>
    public static string Comparable(CheckResult result)
    {
        string text = SourcePlace().Replace(result.Output, "Internal error in RDB -> ");
        text = BehindEnd().Replace(text, "got: 00");
        text = LogLine().Replace(text, "");
        return $"{result.ExitCode}\n{text.Replace("Reading type 19 (stream-v2)", "Reading type 19 (unknown)", StringComparison.Ordinal)}";
    }

    [GeneratedRegex(@"Internal error in RDB reading offset \d+(, function at rdb\.c:\d+)? -> ")]
    private static partial Regex SourcePlace();

    [GeneratedRegex(@"got: 00[0-9a-f]+")]
    private static partial Regex BehindEnd();

    [GeneratedRegex(@"^\d+:C \d\d [^\n]*\n", RegexOptions.Multiline)]
    private static partial Regex LogLine();
}
