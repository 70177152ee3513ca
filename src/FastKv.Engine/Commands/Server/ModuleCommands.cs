namespace FastKv.Engine.Commands.Server;

/// <summary>MODULE, as a server answers whose <c>enable-module-command</c> is no: there are no modules. Control plane.</summary>
[CommandContainer("MODULE", Group = CommandGroup.Server, Since = "4.0.0", Summary = "A container for module commands.", Complexity = "Depends on subcommand.")]
internal static class ModuleCommands
{
    private const CommandFlags Changing = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.NoAsyncLoading;

    [Command("MODULE|LIST", Arity = 2, Flags = CommandFlags.Admin | CommandFlags.NoScript, Group = CommandGroup.Server, Route = CommandRoute.Connection,
        Since = "4.0.0", Summary = "Returns all loaded modules.", Complexity = "O(N) where N is the number of loaded modules.",
        Tips = ["nondeterministic_output_order"])]
    internal static void List(ref CommandContext context) => context.Reply.ArrayHeader(0);

    [Command("MODULE|LOAD", Arity = -3, Flags = Changing, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "4.0.0",
        Summary = "Loads a module.", Complexity = "O(1)", Syntax = "path [arg...]", Differs = "modules cannot be loaded, whatever enable-module-command says")]
    [Command("MODULE|LOADEX", Arity = -3, Flags = Changing, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "7.0.0",
        Summary = "Loads a module using extended parameters.", Complexity = "O(1)", Syntax = "path [CONFIG configs(name value)]... [ARGS args(arg)...]",
        Differs = "modules cannot be loaded, whatever enable-module-command says")]
    [Command("MODULE|UNLOAD", Arity = 3, Flags = Changing, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "4.0.0",
        Summary = "Unloads a module.", Complexity = "O(1)", Syntax = "name", Differs = "there are no modules, whatever enable-module-command says")]
    internal static void Refuse(ref CommandContext context)
    {
        // In Redis this check precedes the call.
        context.Reply.Error(Errors.ModuleNotAllowed);
        context.Reply.Errors!.IsRejection = true;
    }

    [Command("MODULE|HELP", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server, Route = CommandRoute.Connection,
        Since = "5.0.0", Summary = "Returns helpful text about the different subcommands.", Complexity = "O(1)")]
    internal static void Help(ref CommandContext context) => ContainerHelp.Reply(ref context, "MODULE"u8, """
        LIST
            Return a list of loaded modules.
        LOAD <path> [<arg> ...]
            Load a module library from <path>, passing to it any optional arguments.
        LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]
            Load a module library from <path>, while passing it module configurations and optional arguments.
        UNLOAD <name>
            Unload a module.
        """u8);
}
