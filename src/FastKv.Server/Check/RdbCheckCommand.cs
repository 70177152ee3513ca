using FastKv.Engine.Configuration;
using FastKv.Engine.Persistence.Files;

namespace FastKv.Server.Check;

/// <summary><c>check-rdb</c>: the command line of <c>redis-check-rdb</c>. Control plane.</summary>
internal static class RdbCheckCommand
{
    public static int Run(string program, string[] arguments, CheckStreams streams)
    {
        if (arguments.Length != 1)
        {
            streams.Error.Write($"Usage: {program} <rdb-file-name>\n");
            return CheckProgram.Failed;
        }
        string name = arguments[0];
        switch (name)
        {
            case "-v" or "--version":
                streams.Output.Write($"{program} {ServerVersion.RedisVersion}\n");
                return CheckProgram.Sound;
            case "-h" or "--help":
                streams.Output.Write(CheckProgram.Usage);
                return CheckProgram.Sound;
        }
        string path = ConfigText.ToPath(name);
        IInputFile? file = null;
        int error = Directory.Exists(path) ? FileErrors.None : SystemFiles.Instance.OpenForReading(path, out file);
        if (error != FileErrors.None)
        {
            // Redis's tool leaves the reason out.
            streams.Output.Write($"[offset 0] Checking RDB file {name}\n");
            streams.Error.Write($"Cannot open file {name}: {FileErrors.TextOf(error)}\n");
            return CheckProgram.Failed;
        }
        using (file)
            return new RdbCheck(streams.Output).Run(file, name) ? CheckProgram.Sound : CheckProgram.Failed;
    }
}
