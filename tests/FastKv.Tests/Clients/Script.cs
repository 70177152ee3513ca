using System.Diagnostics;
using System.Text;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Clients;

/// <summary>Runs a program to its end (or for a bounded time) and keeps what it printed.</summary>
public static class Script
{
    /// <summary>The folder of the client scripts in the source tree.</summary>
    public static string Folder => Path.Combine(TestEnvironment.RepositoryRoot, "tests", "clients");

    /// <summary>Runs the program; throws with its output when it exits with another code than expected or does not exit within the time.</summary>
    /// <returns>Standard output and error, in order of arrival.</returns>
    public static string Run(string program, IEnumerable<string> arguments, byte[]? input = null, int expectedExitCode = 0, int timeoutMs = 300_000)
    {
        (int? exitCode, string output) = Start(program, arguments, input, timeoutMs);
        if (exitCode != expectedExitCode)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {(exitCode is null ? $"still running after {timeoutMs} ms" : $"exit code {exitCode}")}\n{output}");
        return output;
    }

    /// <summary>Runs a program that does not end by itself for some time and returns what it printed.</summary>
    public static string RunFor(int milliseconds, string program, params string[] arguments) => Start(program, arguments, null, milliseconds).Output;

    private static (int? ExitCode, string Output) Start(string program, IEnumerable<string> arguments, byte[]? input, int timeoutMs)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1,
        };
        var output = new StringBuilder();
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("cannot start " + program);
        process.OutputDataReceived += (_, e) => Append(output, e.Data);
        process.ErrorDataReceived += (_, e) => Append(output, e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (input is not null)
            process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        bool ended = process.WaitForExit(timeoutMs);
        if (!ended)
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
        lock (output)
            return (ended ? process.ExitCode : null, output.ToString());
    }

    private static void Append(StringBuilder output, string? line)
    {
        if (line is null)
            return;
        lock (output)
            output.AppendLine(line);
    }
}
