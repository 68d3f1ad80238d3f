/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* marks_of_tasks.h - entries of tasks, nurseries, scopes, time, errors and operations. Included by
 * marks_entries.h. */
#ifndef TUTTI_TESTS_MARKS_OF_TASKS_H
#define TUTTI_TESTS_MARKS_OF_TASKS_H

/* Those that do not return. */
CALL(tutti_check_error_at, VOID(tutti_check_error(-5, "-5")))
CALL(tutti_check_failed, 0)
CALL(tutti_panic_at, 0)

CALL(tutti_assert_points,
     tutti_assert_points(false, "", nothing, NULL, TUTTI_HERE) + schedules(NULL))
CALL(tutti_points_begin, VOID(tutti_points_begin(TUTTI_HERE)))
ENTRY(tutti_points_check, VOID(set->points.site = NULL), VOID(tutti_points_check(&set->points)), 0)
ENTRY(tutti_points_check_none, VOID(set->points = tutti_points_begin(TUTTI_HERE)),
      VOID(tutti_points_check_none(&set->points)), 0)

CALL(tutti_async_enter, VOID(tutti_async_enter(TUTTI_HERE, NULL)))
CALL(tutti_async_leave, VOID(tutti_async_leave(&(struct tutti_async){.back = NULL})))
CALL(tutti_checkpoint_at, tutti_checkpoint())
CALL(tutti_checkpoint_if_cancelled_at, tutti_checkpoint_if_cancelled())
CALL(tutti_choose_at, VOID(tutti_choose(3)))
CALL(tutti_now_at, VOID(tutti_now()))
CALL(tutti_sleep_at, tutti_sleep(0))
CALL(tutti_sleep_until_at, tutti_sleep_until(0))
CALL(tutti_log_at, VOID(tutti_log(TUTTI_LOG_INFO, "%d", 7)))
CALL(tutti_span_begin_at, VOID(tutti_span_begin(&(struct tutti_span){0}, "a span")))
CALL(tutti_span_end, VOID(tutti_span_end(&(struct tutti_span){1})))
CALL(tutti_time_add, VOID(tutti_time_add(1, 2)))
CALL(tutti_wait_all_blocked_at, tutti_wait_all_blocked(0))
CALL(tutti_yield_shielded_at, VOID(tutti_yield_shielded()))

CALL(tutti_error_at, tutti_error(-5, "an error") + 5)
CALL(tutti_error_name, VOID(tutti_error_name(-5)))
CALL(tutti_error_pass, tutti_error_pass(-5, TUTTI_HERE) + 5)
ENTRY(tutti_error_tree, tutti_error(-5, "an error") + 5,
      VOID(tutti_error_tree(tutti_error_record(-5), set->text, sizeof set->text)), 0)
ENTRY(tutti_error_print, tutti_error(-5, "an error") + 5,
      VOID(tutti_error_print(tutti_error_record(-5), set->text, sizeof set->text)), 0)
CALL(tutti_error_record, VOID(tutti_error_record(-5)))
CALL(tutti_error_text, VOID(tutti_error_text(-5)))
CALL(tutti_panic_set_hook, VOID(tutti_panic_set_hook(NULL)))

CALL(tutti_cancel_why_text, VOID(tutti_cancel_why_text(TUTTI_CANCEL_CALL)))
CALL(tutti_object_kind_text, VOID(tutti_object_kind_text(TUTTI_OBJECT_LOCK)))
CALL(tutti_outcome_text, VOID(tutti_outcome_text(TUTTI_OUTCOME_OK)))
CALL(tutti_trace_mask, VOID(tutti_trace_mask(4)))
CALL(tutti_op_text, VOID(tutti_op_text(TUTTI_OP_READ)))

CALL(tutti_free_at, VOID(tutti_free(NULL)))
ENTRY(tutti_malloc_at, 0, VOID(set->memory = tutti_malloc(8)), VOID(tutti_free(set->memory)))

CALL(tutti_access, VOID(tutti_access(set, sizeof *set, true)))
CALL(tutti_access_all_told, 0)
CALL(tutti_access_is_all_told, VOID(tutti_access_is_all_told()))
CALL(tutti_access_key, VOID(tutti_access_key(1, 2)))
CALL(tutti_access_mix, VOID(tutti_access_mix(1, 2)))
CALL(tutti_access_note, VOID(tutti_access_note(&set->footprint, 1, TUTTI_ACCESS_READ)))
CALL(tutti_access_word, VOID(tutti_access_word(1, 2)))
CALL(tutti_access_point, VOID(tutti_access_point(set)))
ENTRY(tutti_access_wanted, 0, VOID(tutti_access_wanted(&(struct tutti_footprint *){NULL})), 0)
CALL(tutti_footprint, VOID(tutti_footprint()))
CALL(tutti_region_of, VOID(tutti_region_of(set)))

CALL(tutti_op_now_at, tutti_op_now(&set->op))
CALL(tutti_op_perform_at, tutti_op_perform(&set->op))
CALL(tutti_random_at, tutti_random(set->text, 8))

/* Not for use in a task. */
CALL(tutti_loop_close, 0)

CALL(tutti_external_begin_at, VOID(tutti_external_begin()))
CALL(tutti_external_count, (int)tutti_external_count())
ENTRY(tutti_external_end_at, VOID(tutti_external_begin()), VOID(tutti_external_end()), 0)
CALL(tutti_interrupt_at, VOID(tutti_interrupt(NULL)))
CALL(tutti_interrupt_post, tutti_interrupt_post(NULL))

CALL(tutti_loop_step, 0)
CALL(tutti_loop_open, DROP(tutti_loop_open(&set->loop, NULL, nothing, NULL)))

CALL(tutti_sink_changed, VOID(tutti_sink_changed()))
CALL(tutti_run_statistics_at, VOID(tutti_run_statistics()))
CALL(tutti_inspect_find, VOID(tutti_inspect_find(1)))
CALL(tutti_inspect_next, VOID(tutti_inspect_next(NULL)))
CALL(tutti_inspect_now, VOID(tutti_inspect_now()))
CALL(tutti_inspect_brief, VOID(tutti_inspect_brief(tutti_task_self(), &set->brief)))
CALL(tutti_inspect_task, VOID(tutti_inspect_task(tutti_task_self(), &set->view)))

CALL(tutti_defer_at, tutti_defer(nothing, NULL))
CALL(tutti_local_get_at, VOID(tutti_local_get(&a_local)))
CALL(tutti_local_set_at, tutti_local_set(&a_local, set))
CALL(tutti_run_local_get_at, VOID(tutti_run_local_get(&a_local)))
CALL(tutti_run_local_set_at, tutti_run_local_set(&a_local, set))
CALL(tutti_system_start_at, tutti_system_start(nothing, NULL))

ENTRY(tutti_token_close_at, tutti_token_open(&set->token, NULL),
      VOID(tutti_token_close(&set->token)), 0)
ENTRY(tutti_token_open_at, 0, tutti_token_open(&set->token, NULL),
      VOID(tutti_token_close(&set->token)))
CALL(tutti_token_waiting, VOID(tutti_token_waiting(&set->token)))
ENTRY(tutti_token_post, tutti_token_open(&set->token, NULL),
      tutti_token_post(&set->token, &set->post, 0), VOID(tutti_token_close(&set->token)))

CALL(tutti_in_task, VOID(tutti_in_task()))
CALL(tutti_task_beside, VOID(tutti_task_beside(tutti_task_self())))
CALL(tutti_task_find_at, VOID(tutti_task_find(1)))
ENTRY(tutti_task_keep_at, 0, tutti_task_keep(&set->kept, NULL), VOID(tutti_task_let_go(&set->kept)))
ENTRY(tutti_task_let_go_at, tutti_task_keep(&set->kept, NULL), VOID(tutti_task_let_go(&set->kept)),
      0)
CALL(tutti_task_innermost_nursery, VOID(tutti_task_innermost_nursery(tutti_task_self())))
CALL(tutti_task_is_daemon, VOID(tutti_task_is_daemon(tutti_task_self())))
CALL(tutti_task_nursery, VOID(tutti_task_nursery(tutti_task_self())))
CALL(tutti_task_nursery_to_be, VOID(tutti_task_nursery_to_be(tutti_task_self())))
CALL(tutti_task_set_daemon_at, VOID(tutti_task_set_daemon(false)))
CALL(tutti_in_run, VOID(tutti_in_run()))
CALL(tutti_run, DROP(tutti_run(NULL, nothing, NULL)))
CALL(tutti_run_last, VOID(tutti_run_last(&set->run_stats)))
CALL(tutti_task_cancel_points, VOID(tutti_task_cancel_points(tutti_task_self())))
CALL(tutti_task_id, VOID(tutti_task_id(tutti_task_self())))
CALL(tutti_task_name, VOID(tutti_task_name(tutti_task_self())))
CALL(tutti_task_parent, VOID(tutti_task_parent(tutti_task_self())))
CALL(tutti_task_path, VOID(tutti_task_path(tutti_task_self())))
CALL(tutti_task_path_text, VOID(tutti_task_path_text(tutti_task_self(), set->text, 8)))
CALL(tutti_task_root, VOID(tutti_task_root()))
CALL(tutti_task_schedule_points, VOID(tutti_task_schedule_points(tutti_task_self())))
CALL(tutti_task_self, VOID(tutti_task_self()))

CALL(tutti_gather_at, tutti_gather(&set->branch, 1))
CALL(tutti_race_at, tutti_race(&set->branch, 1, NULL))
ENTRY(tutti_nursery_block_begin, 0,
      VOID(set->block_nursery = tutti_nursery_block_begin(&set->nursery, TUTTI_HERE)),
      VOID(tutti_nursery_block_end(&set->block_nursery)))
ENTRY(tutti_nursery_block_end,
      VOID(set->block_nursery = tutti_nursery_block_begin(&set->nursery, TUTTI_HERE)),
      VOID(tutti_nursery_block_end(&set->block_nursery)), 0)
ENTRY(tutti_nursery_close_at, tutti_nursery_open(&set->nursery), close_nursery(set), 0)
ENTRY(tutti_nursery_open_at, 0, tutti_nursery_open(&set->nursery), close_nursery(set))
ENTRY(tutti_nursery_open_with_at, 0, tutti_nursery_open_with(&set->nursery, &set->options),
      close_nursery(set))
ENTRY(tutti_nursery_start_ready_at, tutti_nursery_open(&set->nursery),
      tutti_nursery_start_ready(&set->nursery, gets_ready, NULL, NULL), close_nursery(set))
ENTRY(tutti_nursery_start_result_at, tutti_nursery_open(&set->nursery),
      tutti_nursery_start_result(&set->nursery, &set->result, nothing, NULL), close_nursery(set))
ENTRY(tutti_nursery_start_service_at, tutti_nursery_open(&set->nursery),
      tutti_nursery_start_service(&set->nursery, nothing, NULL), close_nursery(set))
ENTRY(tutti_nursery_start_wait_at, tutti_nursery_open(&set->nursery),
      tutti_nursery_start_wait(&set->nursery, nothing, NULL), close_nursery(set))
CALL(tutti_started_at, tutti_started(NULL, 0))
ENTRY(tutti_result_is_done, start_result(set), VOID(tutti_result_is_done(&set->result)),
      close_nursery(set))
ENTRY(tutti_result_wait_at, start_result(set), tutti_result_wait(&set->result, NULL),
      close_nursery(set))
CALL(tutti_nursery_result_at, tutti_nursery_result(&set->nursery))
CALL(tutti_nursery_run_with_at, tutti_nursery_run_with(&set->options, nothing_in, NULL))
CALL(tutti_nursery_run_at, tutti_nursery_run(nothing_in, NULL))
ENTRY(tutti_nursery_start_at, tutti_nursery_open(&set->nursery),
      tutti_nursery_start(&set->nursery, nothing, NULL), close_nursery(set))

CALL(tutti_cancel_print, VOID(tutti_cancel_print(&set->scope.info, set->text, sizeof set->text)))
CALL(tutti_cancel_reason_at, VOID(tutti_cancel_reason()))
CALL(tutti_effective_deadline_at, VOID(tutti_effective_deadline()))
CALL(tutti_finishing_at, VOID(tutti_finishing()))
ENTRY(tutti_scope_block_begin, 0,
      VOID(set->block_scope = tutti_scope_block_begin(&set->scope, TUTTI_NEVER, TUTTI_HERE)),
      VOID(tutti_scope_block_end(&set->block_scope)))
ENTRY(tutti_scope_block_end,
      VOID(set->block_scope = tutti_scope_block_begin(&set->scope, TUTTI_NEVER, TUTTI_HERE)),
      VOID(tutti_scope_block_end(&set->block_scope)), 0)
CALL(tutti_scope_called, VOID(tutti_scope_called(&set->scope)))
ENTRY(tutti_scope_cancel_at, tutti_scope_open(&set->scope, TUTTI_NEVER),
      VOID(tutti_scope_cancel(&set->scope)), tutti_scope_close(&set->scope, 0))
CALL(tutti_scope_caught, VOID(tutti_scope_caught(&set->scope)))
ENTRY(tutti_scope_close_at, tutti_scope_open(&set->scope, TUTTI_NEVER),
      tutti_scope_close(&set->scope, 0), 0)
CALL(tutti_scope_deadline_at, tutti_scope_deadline(&set->ready, &set->ns))
ENTRY(tutti_scope_enter_at, 0, tutti_scope_enter(&set->ready), tutti_scope_close(&set->ready, 0))
ENTRY(tutti_scope_finish_at, tutti_scope_open(&set->scope, TUTTI_NEVER),
      tutti_scope_finish(&set->scope, 5), tutti_scope_close(&set->scope, 0))
CALL(tutti_scope_is_relative, VOID(tutti_scope_is_relative(&set->ready)))
ENTRY(tutti_scope_open_at, 0, tutti_scope_open(&set->scope, TUTTI_NEVER),
      tutti_scope_close(&set->scope, 0))
CALL(tutti_scope_opened, VOID(tutti_scope_opened(&set->ready)))
CALL(tutti_scope_reason, VOID(tutti_scope_reason(&set->ready)))
CALL(tutti_scope_relative_deadline_at, tutti_scope_relative_deadline(&set->ready, &set->ns))
CALL(tutti_scope_run, tutti_move_on_at(TUTTI_NEVER, schedules, NULL))
CALL(tutti_scope_set_deadline_at, tutti_scope_set_deadline(&set->ready, 5))
CALL(tutti_scope_set_relative_deadline_at, tutti_scope_set_relative_deadline(&set->ready, 5))
CALL(tutti_scope_set_shield_at, VOID(tutti_scope_set_shield(&set->ready, true)))
CALL(tutti_scope_set_soft_at, VOID(tutti_scope_set_soft(&set->ready, true)))
CALL(tutti_until_finish_at, tutti_until_finish(schedules, NULL))

#endif
