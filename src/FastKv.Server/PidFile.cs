// The file that tells scripts the server's process id (control plane).
using System.Globalization;
using FastKv.Engine.Logging;

namespace FastKv.Server;

/// <summary>A pid file: written at start, removed at the end. A path that cannot be written is no reason not to serve.</summary>
internal sealed class PidFile(string path, ServerLog log) : IDisposable
{
    private bool isWritten;

    /// <summary>Writes the process id.</summary>
    public void Write()
    {
        try
        {
            File.WriteAllText(path, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
            isWritten = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Warning($"Failed to write PID file: {e.Message}");
        }
    }

    /// <summary>Removes the file.</summary>
    public void Dispose()
    {
        if (!isWritten)
            return;
        log.Notice("Removing the pid file.");
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Warning($"Failed to remove PID file: {e.Message}");
        }
    }
}
