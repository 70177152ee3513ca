namespace FastKv.Engine.Commands.Server;

/// <summary>DEBUG RELOAD: saves, empties the server and loads what was saved. Control plane.</summary>
internal static class DebugReload
{
    public static void Run(ref CommandContext context)
    {
        bool saves = true, flushes = true, merges = false;
        for (int i = 2; i < context.Count; i++)
        {
            if (context.Is(i, "MERGE"u8))
            {
                merges = true;
            }
            else if (context.Is(i, "NOFLUSH"u8))
            {
                flushes = false;
            }
            else if (context.Is(i, "NOSAVE"u8))
            {
                saves = false;
            }
            else
            {
                context.Reply.Error(Errors.DebugReloadOption);
                return;
            }
        }
        var server = context.Client.Loop.Server;
        var dataset = server.Dataset;
        if (saves && !server.Saving.SaveAtEnd())
        {
            context.Reply.Error(Errors.Plain);
            return;
        }
        if (!dataset.TryReload(flushes, merges))
        {
            context.Reply.Error(Errors.DebugReloadFailed);
            return;
        }
        server.Log.Warning("DB reloaded by DEBUG RELOAD");
        context.Reply.Ok();
    }
}
