// The server's log (control plane): one line per event, in Redis's format, so that the tools people already have keep working:
//
//   4711:M 21 Nov 2026 10:15:30.123 * Ready to accept connections tcp
//   pid  role                       level: . debug  - verbose  * notice  # warning
//
// The file is opened for every line, as Redis does: log rotation then needs no signal, and lines are rare by design.
using System.Globalization;
using System.Text;
using FastKv.Engine.Configuration;

namespace FastKv.Engine.Logging;

/// <summary>Writes log lines to standard output or to a file. Safe to call from any thread; it takes a lock and may allocate.</summary>
public sealed class ServerLog
{
    private const string LevelMarks = ".-*#";
    private const int StandardOutput = 1;

    private readonly Lock gate = new();
    private volatile int level = (int)LogLevel.Notice;
    private volatile string? filePath;
    private volatile bool silent;

    /// <summary>Lines below this level are dropped; may change at any time.</summary>
    public LogLevel Level
    {
        get => (LogLevel)level;
        set => level = (int)value;
    }

    /// <summary>The role letter: 'C' until the server is up (and in children), 'M' for a master, 'S' for a replica.</summary>
    public char Role { get; set; } = 'C';

    /// <summary>The file lines are appended to; null means standard output.</summary>
    public string? FilePath
    {
        get => filePath;
        set => filePath = string.IsNullOrEmpty(value) ? null : value;
    }

    /// <summary>Drops everything that would go to standard output: a daemon without a log file has nowhere to write.</summary>
    public bool Silent
    {
        get => silent;
        set => silent = value;
    }

    /// <summary>Whether a line of this level would be written: ask before building an expensive text.</summary>
    public bool IsEnabled(LogLevel lineLevel) => (int)lineLevel >= level;

    /// <summary>Logs detail that is useful while developing.</summary>
    public void Debug(string message) => Write(LogLevel.Debug, message);

    /// <summary>Logs detail that is rarely useful.</summary>
    public void Verbose(string message) => Write(LogLevel.Verbose, message);

    /// <summary>Logs what an operator wants to know.</summary>
    public void Notice(string message) => Write(LogLevel.Notice, message);

    /// <summary>Logs what an operator must know.</summary>
    public void Warning(string message) => Write(LogLevel.Warning, message);

    /// <summary>Logs one line with the given level.</summary>
    public void Write(LogLevel lineLevel, string message)
    {
        if (!IsEnabled(lineLevel))
            return;
        string time = DateTime.Now.ToString("dd MMM yyyy HH:mm:ss.fff", CultureInfo.InvariantCulture);
        Emit($"{Environment.ProcessId}:{Role} {time} {LevelMarks[(int)lineLevel]} {message}\n");
    }

    /// <summary>Logs a line about a signal: without role and level, as Redis's async-safe log does, and whatever the level is.</summary>
    public void Signal(string message)
        => Emit($"{Environment.ProcessId}:signal-handler ({DateTimeOffset.UtcNow.ToUnixTimeSeconds()}) {message}\n");

    private void Emit(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line);
        string? path = filePath;
        if (path is null && silent)
            return;
        lock (gate)
        {
            // A log that cannot be written must not take the server down: the disk may be full, the terminal closed.
            string? error = path is null ? HostFiles.Write(StandardOutput, bytes) : HostFiles.Append(ConfigText.FromPath(path), bytes);
            if (error is not null)
                LostLines++;
        }
    }

    /// <summary>How many lines could not be written.</summary>
    public long LostLines { get; private set; }
}
